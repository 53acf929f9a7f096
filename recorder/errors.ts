/**
 * The one table of error codes. A code says what happened; `exit` is the CLI's exit status for it, `http`
 * the API's. Tests assert codes, never words.
 */
export const ERRORS = {
  USAGE: { exit: 2, http: 400 },
  SESSION_UNKNOWN: { exit: 3, http: 404 },
  NOT_FOUND: { exit: 3, http: 404 },
  UNAUTHENTICATED: { exit: 4, http: 401 },
  FORBIDDEN: { exit: 4, http: 403 },
  CAST_INVALID: { exit: 1, http: 400 },
  EVENT_INVALID: { exit: 1, http: 400 },
  POLICY_INVALID: { exit: 1, http: 400 },
  NOT_VERIFIED: { exit: 1, http: 500 },
  STORE_LOCKED: { exit: 5, http: 503 },
  STORE_CORRUPT: { exit: 1, http: 500 },
  STORE_FULL: { exit: 5, http: 507 },
  STORE_FAILED: { exit: 5, http: 500 },
  STORE_CLOSED: { exit: 5, http: 503 },
  RECORDER_GONE: { exit: 5, http: 503 },
  BUSY: { exit: 5, http: 503 },
  ISSUER_GONE: { exit: 5, http: 503 },
  SETTLED: { exit: 1, http: 409 },
  PORT_IN_USE: { exit: 5, http: 503 },
  NOT_A_TERMINAL: { exit: 2, http: 400 },
  SHELL_NOT_FOUND: { exit: 127, http: 400 },
  REFUSED: { exit: 126, http: 403 },
  TOO_LARGE: { exit: 1, http: 413 },
} as const satisfies Record<string, { exit: number; http: number }>;

export type ErrorCode = keyof typeof ERRORS;

/** Every error that we raise on purpose: one clear line that says what to do, and a code. */
export class ChaperoneError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ChaperoneError';
    this.code = code;
  }

  get exitCode(): number {
    return ERRORS[this.code].exit;
  }

  get httpStatus(): number {
    return ERRORS[this.code].http;
  }
}
