import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { DeployImpactError } from "../../core/errors.ts";
import { type LedgerEntry, type LedgerLine, ledgerEntries } from "../../core/ledger/entry.ts";
import type { ResultDocument } from "../../core/result.ts";

/** Digits of a verdict's id: two of a ledger never meet by chance. */
const ID_DIGITS = 16;

export function entriesOf(document: ResultDocument): LedgerEntry[] {
  return ledgerEntries(document, (text) => createHash("sha256").update(text).digest("hex").slice(0, ID_DIGITS));
}

/**
 * Appends lines by one write to a file opened for appending, which the system does as a whole: several checks may write
 * to one ledger at the same time. The file is made when it is missing.
 */
export async function appendLedger(file: string, lines: readonly LedgerLine[]): Promise<void> {
  if (lines.length === 0) return;
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  try {
    const handle = await open(file, "a+");
    try {
      const bytes = Buffer.from(`${(await endsInLine(handle)) ? "\n" : ""}${text}`);
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** A writer that was interrupted left half a line: ours begins a new one, so that only that one is lost. */
async function endsInLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 10;
}

function unwritable(file: string, cause: unknown): DeployImpactError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  return new DeployImpactError("FILE_UNREADABLE", `The ledger ${file} cannot be written (${code}).`, {
    hint: "Give --ledger a file in a folder that exists and may be written to; the verdict itself is printed above.",
    cause,
  });
}
