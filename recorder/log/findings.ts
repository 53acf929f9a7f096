/** Collects what a verification finds, a bounded number of problems. */
import { PROBLEMS, type ProblemCode } from '../audit/verify.ts';
import type { Problem } from './ports.ts';

/** Behind so many the report says no more: something is wrong, and where it begins is known. */
const LIMIT = 100;

export class Findings {
  readonly problems: Problem[] = [];

  /** @param detail what is special about this one */
  add(code: ProblemCode, where: Omit<Problem, 'code' | 'message'> = {}, detail?: string): void {
    if (this.problems.length >= LIMIT) return;
    this.problems.push({ code, message: detail ? `${PROBLEMS[code]}: ${detail}` : PROBLEMS[code], ...where });
  }

  get full(): boolean {
    return this.problems.length >= LIMIT;
  }
}
