/** Offset basis and prime of 32-bit FNV-1a (Fowler, Noll, Vo). */
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Gives each different text a small number, straight from its bytes: ten million rows name a few dozen units, and a
 * string per row would cost more than everything else.
 */
export class TextPool {
  #slots = new Int32Array(1024).fill(-1);
  #bytes = new Uint8Array(4096);
  #ends: number[] = [];
  #texts: string[] = [];
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #encoder = new TextEncoder();

  get size(): number {
    return this.#texts.length;
  }

  /** Number of the text in `bytes[start, end)`. Throws TypeError when the bytes are not UTF-8. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    let hash = FNV_BASIS;
    for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ (bytes[index] ?? 0), FNV_PRIME);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] ?? -1;
      if (id < 0) return this.#add(bytes.slice(start, end), slot);
      if (this.holds(id, bytes, start, end)) return id;
    }
  }

  /** True when the text with this number is the one in `bytes[start, end)`. */
  holds(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = id === 0 ? 0 : (this.#ends[id - 1] ?? 0);
    const length = (this.#ends[id] ?? 0) - from;
    if (length !== end - start) return false;
    const own = this.#bytes;
    for (let index = 0; index < length; index += 1) {
      if (own[from + index] !== bytes[start + index]) return false;
    }
    return true;
  }

  internText(text: string): number {
    const bytes = this.#encoder.encode(text);
    return this.intern(bytes, 0, bytes.length);
  }

  text(id: number): string {
    return this.#texts[id] ?? "";
  }

  #add(bytes: Uint8Array, slot: number): number {
    const text = this.#decoder.decode(bytes);
    const id = this.#texts.length;
    const used = this.#ends[id - 1] ?? 0;
    if (used + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (used + bytes.length));
      larger.set(this.#bytes.subarray(0, used));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, used);
    this.#ends.push(used + bytes.length);
    this.#texts.push(text);
    this.#slots[slot] = id;
    if (2 * this.#texts.length > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Int32Array(2 * this.#slots.length).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#texts.length; id += 1) {
      let hash = FNV_BASIS;
      const end = this.#ends[id] ?? 0;
      for (let index = this.#ends[id - 1] ?? 0; index < end; index += 1) {
        hash = Math.imul(hash ^ (this.#bytes[index] ?? 0), FNV_PRIME);
      }
      let slot = hash & mask;
      while ((slots[slot] ?? -1) >= 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}
