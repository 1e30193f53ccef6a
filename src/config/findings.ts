import type { Finding } from "./issues.ts";
import { isBranch } from "./merge.ts";
import type { Branch, Origins, Path } from "./origins.ts";
import { at, pathText, sentence } from "./path.ts";

/** A finding together with the tree its path belongs to (merging makes new trees). */
export interface PlacedFinding extends Finding {
  readonly root: Branch;
}

/** Collects what is wrong with one tree of settings, keeping silent about values that were already refused. */
export class Findings {
  readonly list: PlacedFinding[] = [];
  readonly root: Branch;
  readonly #origins: Origins;

  constructor(root: Branch, origins: Origins) {
    this.root = root;
    this.#origins = origins;
  }

  add(path: Path, message: string, hint: string, where: "key" | "value" = "value"): void {
    this.list.push({ root: this.root, path, at: where, message: sentence(pathText(this.root, path), message), hint });
  }

  addAll(findings: readonly Finding[]): void {
    this.list.push(...findings.map((finding) => ({ ...finding, root: this.root })));
  }

  /** Something that must be there is not; nothing is said when the file states it and the value was refused. */
  missing(path: Path, message: string, hint: string): void {
    const key = path.at(-1);
    const parent = path.slice(0, -1).reduce<unknown>(at, this.root);
    if (key !== undefined && isBranch(parent) && this.#origins.states(parent, String(key))) return;
    this.add(path, message, hint);
  }
}
