/** An element of an answer: its name, its children, its text. Attributes are left out; Amazon's hold namespaces only. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

const TOKEN = /<\?[^>]*\?>|<!--[\s\S]*?-->|<\/([\w.:-]+)\s*>|<([\w.:-]+)(?:\s[^<>]*?)?(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** Reads the elements and texts of a document without CDATA or own entities; null: it is none. */
export function readXml(document: string): XmlElement | null {
  const root: Open = { name: "", children: [], text: "" };
  const stack: Open[] = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < document.length) {
    const token = TOKEN.exec(document);
    const top = stack.at(-1);
    if (token === null || top === undefined) return null;
    const [, closing, opening, selfClosing, text] = token;
    if (text !== undefined) top.text += decode(text);
    else if (opening !== undefined) {
      const element: Open = { name: opening, children: [], text: "" };
      top.children.push(element);
      if (selfClosing !== "/") stack.push(element);
    } else if (closing !== undefined) {
      if (stack.length < 2 || stack.pop()?.name !== closing) return null;
    }
  }
  const [only, ...others] = root.children;
  return stack.length === 1 && only !== undefined && others.length === 0 ? only : null;
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[name] ?? whole;
  });
}

export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

export function textOf(element: XmlElement | undefined, name: string): string {
  return childrenOf(element, name)[0]?.text.trim() ?? "";
}
