import { asDeployImpactError } from "../../app/internal-error.ts";
import type { FilePosition, Problem } from "../../core/errors.ts";

/** Prints an error for a person on standard error and says which exit code it asks for. */
export function report(error: unknown): number {
  const known = asDeployImpactError(error);
  const problems: readonly Problem[] =
    known.problems.length > 0
      ? known.problems
      : [
          known.position === undefined
            ? { message: known.message, hint: known.hint }
            : { message: known.message, hint: known.hint, position: known.position },
        ];
  process.stderr.write(`${problems.map(describe).join("\n")}\n`);
  return known.exitCode;
}

function describe({ message, hint, position }: Problem): string {
  const lines = [`error: ${message}`];
  if (position?.line !== undefined && !message.startsWith(`${position.file}, `)) lines.push(`  at ${place(position)}`);
  lines.push(`hint: ${hint}`);
  return lines.join("\n");
}

function place({ file, line, column }: FilePosition): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}
