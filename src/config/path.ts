import type { Branch, Path } from "./origins.ts";

/** `slis.error-rate.margin`: entries of lists are named by their id where they have one. */
export function pathText(root: object, path: Path): string {
  const parts: string[] = [];
  let branch: unknown = root;
  for (const step of path) {
    branch = at(branch, step);
    parts.push(typeof step === "number" ? entryName(branch, step) : String(step));
  }
  return parts.join(".");
}

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce(at, root);
}

export function at(branch: unknown, step: PropertyKey): unknown {
  if (typeof branch !== "object" || branch === null || !Object.hasOwn(branch, step)) return undefined;
  return (branch as Branch)[String(step)];
}

function entryName(entry: unknown, index: number): string {
  const id = at(entry, "id");
  return typeof id === "string" && id !== "" ? id : `${index + 1}`;
}

/** The value as it may be quoted in a message: never long, never something that looks like a secret block. */
export function quote(value: unknown): string {
  const written = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return `"${written.length <= 60 ? written : `${written.slice(0, 57)}...`}"`;
}

/** `windows.pre is missing.` or `windows.pre: "24hours" is not a duration.` */
export function sentence(name: string, text: string): string {
  const joined =
    name === "" ? "" : /^[a-z]+ /.test(text) && VERBS.has(text.split(" ", 1)[0] ?? "") ? `${name} ` : `${name}: `;
  return `${joined}${text}${text.endsWith("?") ? "" : "."}`;
}

const VERBS: ReadonlySet<string> = new Set(["is", "has", "does", "must", "lists", "names", "carries", "cannot"]);
