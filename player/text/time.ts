/** Times as people read them. Micros are microseconds since the epoch; seconds are within a session. */
import type { Micros } from '../../recorder/audit/units.ts';

const LANGUAGE = 'en-GB';
const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'full', timeStyle: 'long' });
const day = new Intl.DateTimeFormat(LANGUAGE, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const precise = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const shortDate = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short', year: 'numeric' });

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

export function toDate(at: Micros): Date {
  return new Date(at / 1000);
}

/** `14:02` */
export function clockTime(at: Micros): string {
  return clock.format(toDate(at));
}

/** `22 Nov 2026, 14:02:33` */
export function dateTime(at: Micros): string {
  return `${shortDate.format(toDate(at))}, ${precise.format(toDate(at))}`;
}

/** With weekday, seconds and time zone. */
export function fullTime(at: Micros): string {
  return full.format(toDate(at));
}

/** `Today`, `Yesterday`, or the date. */
export function dayName(at: Micros, now: Date): string {
  const days = Math.round((startOfDay(now) - startOfDay(toDate(at))) / (DAY * 1000));
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return day.format(toDate(at));
}

/** `just now`, `4 min ago`, `3 h ago`, `2 days ago`. */
export function ago(at: Micros, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - at / 1000) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 59.5 * MINUTE) return `${Math.round(seconds / MINUTE)} min ago`;
  if (seconds < 23.5 * HOUR) return `${Math.round(seconds / HOUR)} h ago`;
  const days = Math.round(seconds / DAY);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/** `35 ms`, `4.2 s`, `3 min 12 s`, `1 h 04 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(Math.max(0, seconds) * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${pad(whole % MINUTE)} s`;
  return `${Math.floor(whole / HOUR)} h ${pad(Math.floor((whole % HOUR) / MINUTE))} min`;
}

/** A place in a session: `0:07`, `12:34`, `1:02:03`. */
export function position(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  const minutes = Math.floor((whole % HOUR) / MINUTE);
  const rest = pad(whole % MINUTE);
  return whole < HOUR ? `${minutes}:${rest}` : `${Math.floor(whole / HOUR)}:${pad(minutes)}:${rest}`;
}

/** A moment in a link: `83.4`, `1m23s`, `1h2m3.5s`. Null where it is none. */
export function parseMoment(text: string | null): number | null {
  if (text === null) return null;
  const parts = /^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d{1,6})?)s?)?$/.exec(text);
  if (parts === null || text === '') return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = parts;
  return Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds);
}

/** The shortest form that `parseMoment` reads back to the same tenth of a second. */
export function formatMoment(seconds: number): string {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  const hours = Math.floor(tenths / (HOUR * 10));
  const minutes = Math.floor((tenths % (HOUR * 10)) / (MINUTE * 10));
  const rest = (tenths % (MINUTE * 10)) / 10;
  return `${hours > 0 ? `${hours}h` : ''}${hours + minutes > 0 ? `${minutes}m` : ''}${rest}s`;
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
