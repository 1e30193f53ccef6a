import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { jsonPieces } from "../../app/json.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { ResultDocument } from "../../core/result.ts";
import { LOCAL_CONTEXT, type ReportContext } from "../../report/context.ts";
import type { Page } from "../../report/pages/page.ts";
import { choiceFlag } from "./flags.ts";

const FORMATS = ["text", "json", "markdown", "html"] as const;
type Format = (typeof FORMATS)[number];

const FORMAT_OF: Readonly<Record<string, Format>> = {
  ".json": "json",
  ".md": "markdown",
  ".markdown": "markdown",
  ".html": "html",
  ".htm": "html",
  ".txt": "text",
};

/** The format that a file name asks for; null when it says nothing. */
function formatOfFile(file: string): Format | null {
  return FORMAT_OF[path.extname(file).toLowerCase()] ?? null;
}

/** Width of a report where nobody knows the terminal's. */
const WIDTH = 100;

interface Look {
  readonly width: number;
  readonly color: boolean;
}

function terminalLook(): Look {
  const { isTTY, columns } = process.stdout;
  const color = isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb";
  return { width: Math.min(isTTY === true ? columns : WIDTH, 120), color };
}

/** The report in one format, in pieces. The views are loaded when they are asked for. */
async function* render(
  document: ResultDocument,
  context: ReportContext,
  format: Format,
  look: Look,
): AsyncGenerator<string> {
  if (format === "json") {
    yield* jsonPieces(document);
    yield "\n";
    return;
  }
  const { buildReport } = await import("../../report/build.ts");
  yield ensureNewline(await renderView(buildReport(document, context), format, look));
}

async function renderView(
  model: ReturnType<typeof import("../../report/build.ts")["buildReport"]>,
  format: Exclude<Format, "json">,
  look: Look,
): Promise<string> {
  switch (format) {
    case "text":
      return (await import("../../report/views/text.ts")).renderText(model, look);
    case "markdown":
      return (await import("../../report/views/markdown.ts")).renderMarkdown(model);
    case "html":
      return (await import("../../report/views/html.ts")).renderHtml(model);
  }
}

function ensureNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** What a report on this computer knows beside the result. */
export function localContext(document: ResultDocument, configRef: string | null): ReportContext {
  const { environment, sha, repository } = document.deployment;
  return { ...LOCAL_CONTEXT, environment, sha, repository, configRef };
}

interface Destination {
  /** null: the file's extension decides, or text. */
  readonly format: Format | null;
  /** null: everything goes to standard output. */
  readonly out: string | null;
}

/** The format that is written in the end. */
export function formatOf({ format, out }: Destination): Format {
  return format ?? (out === null ? null : formatOfFile(out)) ?? "text";
}

/** Flags to a destination; refused before any work is done when the file's ending says nothing. */
export function destination(flags: { readonly format?: string; readonly out?: string }): Destination {
  const format = choiceFlag("--format", flags.format, FORMATS) ?? null;
  const out = flags.out ?? null;
  if (out !== null && format === null && formatOfFile(out) === null) throw unknownExtension(out);
  return { format, out };
}

function unknownExtension(file: string): DeployImpactError {
  return new DeployImpactError("USAGE", `--out ${file}: the ending does not say which format to write.`, {
    hint: "Add --format, or use .json, .md, .html or .txt.",
  });
}

/** Standard output gets the report; with `out`, the file gets the asked format and a person still reads text. */
export async function writeReport(document: ResultDocument, context: ReportContext, to: Destination): Promise<void> {
  if (to.out === null) {
    await writeStdout(render(document, context, to.format ?? "text", terminalLook()));
    return;
  }
  const format = to.format ?? formatOfFile(to.out) ?? "text";
  const written = await outcomeOf(
    writeFileAtomically(to.out, render(document, context, format, { width: WIDTH, color: false })),
  );
  // The answer may have taken minutes: a full disk must not swallow it.
  await writeStdout(render(document, context, "text", terminalLook()));
  if (written !== null) throw written.error;
}

/** A page that is not about one deploy: the file gets the asked format and a person still reads text, as with a report. */
export async function writePage(
  document: object,
  makePage: () => Page,
  { format, out }: { readonly format: Format; readonly out: string | null },
): Promise<void> {
  const { renderPageMarkdown, renderPageText } = await import("../../report/views/page.ts");
  async function* rendered(as: typeof format, look: Look): AsyncGenerator<string> {
    if (as === "json") {
      yield* jsonPieces(document);
      yield "\n";
    } else if (as === "html") yield (await import("../../report/views/page-html.ts")).renderPageHtml(makePage());
    else yield as === "text" ? renderPageText(makePage(), look) : renderPageMarkdown(makePage());
  }
  if (out === null) {
    await writeStdout(rendered(format, terminalLook()));
    return;
  }
  const written = await outcomeOf(writeFileAtomically(out, rendered(format, { width: WIDTH, color: false })));
  await writeStdout(rendered("text", terminalLook()));
  if (written !== null) throw written.error;
}

/** null, or what the promise was rejected with. */
async function outcomeOf(work: Promise<void>): Promise<{ readonly error: unknown } | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return { error };
  }
}

/** Characters collected before a write. */
const FLUSH = 1 << 16;

async function* batches(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let pending: string[] = [];
  let length = 0;
  for await (const piece of pieces) {
    pending.push(piece);
    length += piece.length;
    if (length < FLUSH) continue;
    yield pending.join("");
    pending = [];
    length = 0;
  }
  if (length > 0) yield pending.join("");
}

/** Waits for a slow reader instead of keeping everything in memory. */
export async function writeStdout(pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  for await (const text of batches(pieces)) {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(text, (error) => (error === undefined || error === null ? resolve() : reject(error)));
    });
  }
}

/** A reader of the file sees the old content or the new one, never a part. */
async function writeFileAtomically(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = await open(temporary, "wx");
    try {
      for await (const text of batches(pieces)) await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw isSystemError(error) ? unwritable(file, error) : error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function unwritable(file: string, cause: NodeJS.ErrnoException): DeployImpactError {
  return new DeployImpactError("FILE_UNREADABLE", `${file} cannot be written (${cause.code ?? cause.message}).`, {
    hint: "Give --out a file in a folder that exists and may be written to.",
    cause,
  });
}
