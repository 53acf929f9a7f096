/** Time, passed in so that what depends on it stays testable. */
import type { Micros } from '../recorder/audit/units.ts';

export interface Clock {
  /** Microseconds since the Unix epoch; never goes backwards within one process. */
  now(): Micros;
}

/** Wall time at process start plus the monotonic time since: a step of the system clock does not tear a recording. */
export const systemClock: Clock = {
  now: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
};

/** For what ends at a time of day: a machine that slept meanwhile has lost that time as well. */
export const deadlineClock: Clock = { now: () => Math.max(systemClock.now(), Date.now() * 1000) };
