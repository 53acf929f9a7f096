/** The head of the server's answer, as it is passed on. Pure. */
import { type Header, isCalled, returned } from '../../request/headers.ts';

export interface AnswerHead {
  status: number;
  message: string;
  headers: readonly Header[];
  contentType: string | undefined;
  /** Value of `Content-Encoding`; null where the body is as it is. */
  encoding: string | null;
}

/** @param raw name, value, name, value, as the server sent them */
export function answerHead(status: number, message: string, raw: readonly (Buffer | string)[]): AnswerHead {
  const headers = returned(raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))));
  const encoding = headerOf(headers, 'content-encoding')?.toLowerCase() ?? 'identity';
  return {
    ...{ status, message, headers },
    contentType: headerOf(headers, 'content-type'),
    encoding: encoding === 'identity' ? null : encoding,
  };
}

/** For an answer whose framing is ours to say. */
export function withoutLength({ headers }: AnswerHead): Header[] {
  return headers.filter((header) => !isCalled(header, 'content-length'));
}

/** Whether an answer to this can have a body at all. */
export function hasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

function headerOf(headers: readonly Header[], wanted: string): string | undefined {
  return headers.find((header) => isCalled(header, wanted))?.[1];
}
