/** Stamps, values and weights of one series while its length is not known yet. */
export class GrowingSeries {
  readonly #hasWeights: boolean;
  #times: Float64Array;
  #values: Float64Array;
  #weights: Float64Array;
  #length = 0;

  constructor(hasWeights: boolean) {
    this.#hasWeights = hasWeights;
    this.#times = new Float64Array(256);
    this.#values = new Float64Array(256);
    this.#weights = new Float64Array(hasWeights ? 256 : 0);
  }

  get length(): number {
    return this.#length;
  }

  append(time: number, value: number, weight: number): void {
    if (this.#length === this.#times.length) this.#grow();
    this.#times[this.#length] = time;
    this.#values[this.#length] = value;
    if (this.#hasWeights) this.#weights[this.#length] = weight;
    this.#length += 1;
  }

  /** The points, in arrays of exactly their number; the series must not grow afterwards. */
  finish(): { times: Float64Array; values: Float64Array; weights?: Float64Array } {
    const points = { times: this.#times.slice(0, this.#length), values: this.#values.slice(0, this.#length) };
    const weights = this.#hasWeights ? { weights: this.#weights.slice(0, this.#length) } : {};
    this.#times = new Float64Array(0);
    this.#values = new Float64Array(0);
    this.#weights = new Float64Array(0);
    return { ...points, ...weights };
  }

  #grow(): void {
    // Half again, not double: at ten million rows the unused rest is what costs memory.
    const size = Math.ceil(this.#times.length * 1.5);
    this.#times = enlarged(this.#times, size);
    this.#values = enlarged(this.#values, size);
    if (this.#hasWeights) this.#weights = enlarged(this.#weights, size);
  }
}

function enlarged(array: Float64Array, size: number): Float64Array {
  const larger = new Float64Array(size);
  larger.set(array);
  return larger;
}
