import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { readResult } from "../../app/read-result.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { ResultDocument } from "../../core/result.ts";

/** @param file `-` is standard input. */
export async function openResult(file: string): Promise<ResultDocument> {
  const name = file === "-" ? "standard input" : file;
  return readResult(await readText(file, name), name);
}

async function readText(file: string, name: string): Promise<string> {
  try {
    return file === "-" ? await textOf(process.stdin) : await readFile(file, "utf8");
  } catch (cause) {
    throw unreadable(name, cause as NodeJS.ErrnoException);
  }
}

function unreadable(name: string, cause: NodeJS.ErrnoException): DeployImpactError {
  const tooLong = cause.code === "ERR_STRING_TOO_LONG" || cause.code === "ERR_FS_FILE_TOO_LARGE";
  return new DeployImpactError(
    "FILE_UNREADABLE",
    tooLong ? `${name} is larger than 512 MiB.` : `${name} cannot be read (${cause.code ?? cause.message}).`,
    {
      hint: tooLong
        ? "Run the check again with a longer step; the result then holds fewer points."
        : "Check the path and its permissions.",
      cause,
    },
  );
}
