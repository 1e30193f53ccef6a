/** A page that is not about one deploy: its words and numbers once, for every view. */
export interface Page {
  /** The answer in one sentence. */
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "table"; readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] }
  | { readonly type: "list"; readonly title: string; readonly items: readonly string[]; readonly numbered: boolean };

export interface Column {
  readonly header: string;
  readonly right: boolean;
}

export function left(header: string): Column {
  return { header, right: false };
}

export function right(header: string): Column {
  return { header, right: true };
}

/** Null where there is nothing to say. */
export function text(...sentences: readonly (string | null)[]): Block | null {
  const said = sentences.filter((one) => one !== null && one !== "");
  return said.length === 0 ? null : { type: "text", text: said.join(" ") };
}

export function list(title: string, items: readonly string[], numbered = false): Block | null {
  return items.length === 0 ? null : { type: "list", title, items, numbered };
}

export function page(title: string, blocks: readonly (Block | null)[]): Page {
  return { title, blocks: blocks.filter((block) => block !== null) };
}
