import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { type AllowedNetworks, refusalOf } from "./address.ts";
import { addressRefused } from "./refused.ts";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Every address of a name. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export const resolveBySystem: Resolve = (host) => lookup(host, { all: true });

/** Longest wait for a connection. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface ConnectorOptions {
  readonly allowed: AllowedNetworks;
  readonly resolve: Resolve;
  readonly tls: Readonly<Record<string, string | string[]>>;
}

/**
 * Connects to addresses that were checked, and to nothing else: the name is resolved here, and the very addresses that
 * passed are handed to the socket, so that a second look-up cannot answer another one. Every new connection, whatever
 * it is for (first try, retry, redirect), comes through here.
 */
export function checkedConnector({ allowed, resolve, tls }: ConnectorOptions): buildConnector.connector {
  const connect = buildConnector({ ...tls, timeout: CONNECT_TIMEOUT_MS, lookup: checkedLookup(allowed, resolve) });
  return (options, callback) => {
    // A literal address is never looked up.
    const refused = literalRefusal(options.hostname, allowed);
    if (refused === null) connect(options, callback);
    else callback(refused, null);
  };
}

/** null: the host is a name, or an address within bounds. */
export function literalRefusal(host: string, allowed: AllowedNetworks): Error | null {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) === 0) return null;
  const why = refusalOf(bare, allowed);
  return why === null ? null : addressRefused(bare, why);
}

function checkedLookup(allowed: AllowedNetworks, resolve: Resolve): LookupFunction {
  const passing = async (host: string): Promise<[ResolvedAddress, ...ResolvedAddress[]]> => {
    const found = await resolve(host);
    const [first, ...rest] = found.filter(({ address }) => refusalOf(address, allowed) === null);
    if (first !== undefined) return [first, ...rest];
    throw addressRefused(host, found.map(({ address }) => refusalOf(address, allowed))[0] ?? "no address");
  };
  return (host, { all }, callback) => {
    // On a tick of its own: what the socket throws is not a rejection of the look-up.
    const answer = (...outcome: Parameters<typeof callback>): void => process.nextTick(callback, ...outcome);
    passing(host).then(
      ([first, ...rest]) => (all === true ? answer(null, [first, ...rest]) : answer(null, first.address, first.family)),
      (error: unknown) => answer(error as NodeJS.ErrnoException, "", 0),
    );
  };
}
