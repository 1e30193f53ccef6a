import type { FilePosition } from "../core/errors.ts";

/** A map or list of the config as plain data. */
export type Branch = { [key: string]: unknown };

interface Origin {
  readonly self: FilePosition;
  readonly keys: Map<string, { readonly key: FilePosition; readonly value: FilePosition }>;
}

export type Path = readonly PropertyKey[];

/**
 * Where each map, list and entry of the config stands in its file. It survives merging (an environment's overrides
 * keep their own lines), so that every problem, found at whichever stage, can point to the text that caused it.
 */
export class Origins {
  readonly #origins = new WeakMap<object, Origin>();

  /** Registers a new map or list. */
  open(branch: object, self: FilePosition): void {
    this.#origins.set(branch, { self, keys: new Map() });
  }

  record(branch: object, key: string, positions: { readonly key: FilePosition; readonly value: FilePosition }): void {
    this.#origins.get(branch)?.keys.set(key, positions);
  }

  /** Takes over the entry `key` of another branch, when its text was used for the new one. */
  adopt(branch: object, key: string, from: object, fromKey = key): void {
    const positions = this.#origins.get(from)?.keys.get(fromKey);
    if (positions !== undefined) this.record(branch, key, positions);
  }

  /** Takes over what another branch states and this one does not know yet. */
  adoptStated(branch: object, from: object): void {
    for (const key of this.#origins.get(from)?.keys.keys() ?? []) {
      if (!this.states(branch, key)) this.adopt(branch, key, from);
    }
  }

  selfOf(branch: object): FilePosition | undefined {
    return this.#origins.get(branch)?.self;
  }

  /** True when the file states this key, even when its value was thrown away as wrong. */
  states(branch: object, key: string): boolean {
    return this.#origins.get(branch)?.keys.has(key) ?? false;
  }

  /** Position of the key itself (for unknown keys), of its value, or of the nearest thing around it that is in the file. */
  locate(root: object, path: Path, at: "key" | "value"): FilePosition | undefined {
    let branch: object = root;
    let found = this.selfOf(root);
    for (const [depth, step] of path.entries()) {
      const origin = this.#origins.get(branch);
      const entry = origin?.keys.get(String(step));
      if (entry === undefined) return found;
      found = depth === path.length - 1 ? entry[at] : entry.key;
      const next = (branch as Branch)[String(step)];
      if (typeof next !== "object" || next === null) return found;
      branch = next;
    }
    return found;
  }
}
