/** Two short tones, made here so that nothing is loaded. A browser that was not clicked in stays silent. */
let context: AudioContext | null = null;

export function chime(): void {
  if (!('AudioContext' in window)) return;
  context ??= new AudioContext();
  void context.resume().catch(() => {});
  tone(context, 660, 0);
  tone(context, 880, 0.14);
}

const SECONDS = 0.22;
const LOUD = 0.15;
const SILENT = 0.0001;

function tone(audio: AudioContext, frequency: number, delay: number): void {
  const [oscillator, gain] = [audio.createOscillator(), audio.createGain()];
  const at = audio.currentTime + delay;
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(LOUD, at);
  gain.gain.exponentialRampToValueAtTime(SILENT, at + SECONDS);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + SECONDS);
}
