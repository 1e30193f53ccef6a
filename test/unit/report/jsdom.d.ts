/** The few members of jsdom that these tests touch; the package brings no types. */
declare module "jsdom" {
  export interface DomElement {
    readonly tagName: string;
    readonly textContent: string | null;
    readonly children: { readonly length: number };
    readonly href: string;
    readonly id: string;
    getAttribute(name: string): string | null;
    getAttributeNames(): string[];
    querySelector(selector: string): DomElement | null;
    querySelectorAll(selector: string): Iterable<DomElement> & { readonly length: number };
    readonly firstChild: { readonly textContent: string | null } | null;
    hasAttribute(name: string): boolean;
    append(text: string): void;
    cloneNode(deep: boolean): DomElement;
    remove(): void;
  }
  export interface DomDocument extends DomElement {
    readonly body: DomElement;
    readonly title: string;
  }
  export class JSDOM {
    constructor(html: string);
    readonly window: {
      readonly document: DomDocument;
      readonly DOMParser: new () => { parseFromString(html: string, type: "text/html"): DomDocument };
    };
  }
}
