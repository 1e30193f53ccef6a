import { Agent, type Dispatcher, ProxyAgent, fetch as send } from "undici";
import type { Confinement } from "../../ports.ts";
import type { AllowedNetworks } from "./address.ts";
import { checkedConnector, literalRefusal, type Resolve, resolveBySystem } from "./connector.ts";
import { addressRefused, refusalIn } from "./refused.ts";

/** Largest answer that a config may make this process hold, bytes. */
const MAX_RESPONSE_BYTES = 64 * 2 ** 20;
/** Longest one request may take, its body included, and all requests of one SLI together. */
const MAX_TIME_MS = 120_000;

/** The way out for everything that a tenant's config names. */
export interface Egress extends Confinement {
  readonly fetch: typeof fetch;
  readonly close: () => Promise<void>;
}

export interface EgressOptions {
  readonly allowed: AllowedNetworks;
  /**
   * Proxy of the operator; null: directly. It resolves the names, so it has to refuse inner addresses itself; literal
   * addresses are checked here all the same.
   */
  readonly proxy: string | null;
  readonly resolve?: Resolve;
  readonly maxResponseBytes?: number;
  readonly maxTimeMs?: number;
}

type Tls = Parameters<Confinement["fetchWith"]>[0];

export function openEgress(options: EgressOptions): Egress {
  const maxResponseBytes = options.maxResponseBytes ?? MAX_RESPONSE_BYTES;
  const maxTimeMs = options.maxTimeMs ?? MAX_TIME_MS;
  const open = (tls: Tls): Dispatcher => dispatcher({ ...options, maxResponseBytes }, tls);
  const plain = open({});
  return {
    fetch: confined(plain, maxTimeMs),
    fetchWith: (tls) => confined(open(tls), maxTimeMs),
    maxResponseBytes,
    maxDeadlineMs: maxTimeMs,
    close: () => plain.close(),
  };
}

function dispatcher(options: EgressOptions & { readonly maxResponseBytes: number }, tls: Tls): Dispatcher {
  const { allowed, proxy, resolve = resolveBySystem } = options;
  // On the wire; what a decompressed body may hold is the reader's to bound.
  const maxResponseSize = options.maxResponseBytes;
  if (proxy === null) return new Agent({ maxResponseSize, connect: checkedConnector({ allowed, resolve, tls }) });
  const { ca } = tls;
  const proxyTls = ca === undefined ? {} : { ca };
  return new ProxyAgent({ uri: proxy, requestTls: tls, proxyTls, maxResponseSize }).compose(
    (dispatch) => (request, handler) => {
      const refused = literalRefusal(new URL(String(request.origin)).hostname, allowed);
      if (refused !== null) throw refused;
      return dispatch(request, handler);
    },
  );
}

function confined(through: Dispatcher, maxTimeMs: number): typeof fetch {
  return async (input, init) => {
    if (typeof input !== "string" && !(input instanceof URL)) throw new TypeError("give the address as a text or URL");
    const url = new URL(input);
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw addressRefused(`"${url.protocol}"`, "something that is not a server on HTTP");
    }
    const limit = AbortSignal.timeout(maxTimeMs);
    const signal = init?.signal === undefined || init.signal === null ? limit : AbortSignal.any([limit, init.signal]);
    try {
      // The package's own types of fetch differ from those of the global one, its behaviour does not.
      const outgoing = { ...init, signal, dispatcher: through } as Parameters<typeof send>[1];
      return (await send(url, outgoing)) as unknown as Response;
    } catch (thrown) {
      throw refusalIn(thrown) ?? thrown;
    }
  };
}
