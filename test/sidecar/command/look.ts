/** The analysis of a line as short texts, for tables. */
import { analyse, type Context } from '../../../sidecar/command/analyse.ts';

export const context: Context = { cwd: '/w', home: '/home/agent' };
export const look = (line: string) => analyse(line, context);
/** `via>via>program arg arg`, one text for each command. */
export const found = (line: string) =>
  look(line).commands.map(({ via, argv }) => [...via, argv.map((word) => word ?? '?').join(' ')].join('>'));
export const codes = (line: string) => look(line).unknown.map(({ code }) => code);
export const touched = (line: string) =>
  look(line).commands.flatMap(({ touches }) =>
    touches.map(
      ({ role, path, recursive, certain }) =>
        `${role} ${path}${recursive ? ' all' : ''}${certain ? '' : ' ?'}`,
    ),
  );
