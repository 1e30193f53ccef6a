import { isIP } from "node:net";

/** An IP address as its bytes: 4 or 16. */
type Bytes = readonly number[];

interface Network {
  readonly base: Bytes;
  /** Leading bits that an address shares with `base`. */
  readonly length: number;
}

/** Networks that the operator allows although they are not public. */
export type AllowedNetworks = readonly Network[];

/**
 * What is not the public internet, by the IANA registries of special-purpose addresses (RFC 6890 and its successors),
 * and the address at which Azure answers its machines.
 */
const REFUSED: readonly (readonly [network: string, name: string])[] = [
  ["0.0.0.0/8", "an unspecified address"],
  ["10.0.0.0/8", "a private network"],
  ["100.64.0.0/10", "the network of a provider"],
  ["127.0.0.0/8", "a loopback address"],
  ["168.63.129.16/32", "the service that describes a machine"],
  ["169.254.0.0/16", "a link-local address"],
  ["172.16.0.0/12", "a private network"],
  ["192.0.0.0/24", "a reserved network"],
  ["192.0.2.0/24", "a reserved network"],
  ["192.88.99.0/24", "a reserved network"],
  ["192.168.0.0/16", "a private network"],
  ["198.18.0.0/15", "a reserved network"],
  ["198.51.100.0/24", "a reserved network"],
  ["203.0.113.0/24", "a reserved network"],
  ["224.0.0.0/4", "a multicast address"],
  ["240.0.0.0/4", "a reserved network"],
  ["::/128", "an unspecified address"],
  ["::1/128", "a loopback address"],
  ["fc00::/7", "a private network"],
  ["fe80::/10", "a link-local address"],
  ["fec0::/10", "a private network"],
  ["ff00::/8", "a multicast address"],
  // Inside 2000::/3, but not of the public internet: protocols (Teredo among them), documentation, 6to4.
  ["2001::/23", "a reserved network"],
  ["2001:db8::/32", "a reserved network"],
  ["2002::/16", "a tunnel to another address"],
  ["3fff::/20", "a reserved network"],
];

/** All that is given out for the public internet; everything else in IPv6 is refused, known by name or not. */
const PUBLIC_V6 = networkOf("2000::/3");

/**
 * Services that hand credentials to the machine that asks. Allowing a network around them does not open them: the
 * operator has to name the one address.
 */
const METADATA: readonly Network[] = [
  "168.63.129.16/32",
  "169.254.169.254/32",
  "169.254.170.2/32",
  "169.254.170.23/32",
  "100.100.100.200/32",
  "192.0.0.192/32",
  "fd00:ec2::23/128",
  "fd00:ec2::254/128",
].map(networkOf);

/** IPv4 in other clothes: mapped (RFC 4291), translated by NAT64 (RFC 6052). Judged as the IPv4 address inside. */
const WRAPPING_V4: readonly Network[] = ["::ffff:0:0/96", "64:ff9b::/96"].map(networkOf);

const RULES = REFUSED.map(([text, name]) => ({ network: networkOf(text), name }));

/** null: it is not a network such as 10.0.0.0/8 or 10.1.2.3. */
export function parseNetwork(text: string): Network | null {
  const [address = "", bits, ...rest] = text.trim().split("/");
  const base = parseAddress(address);
  if (base === null || rest.length > 0) return null;
  const longest = base.length * 8;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return null;
  const length = bits === undefined ? longest : Number(bits);
  return length > longest ? null : { base, length };
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (network === null) throw new TypeError(`${text} is not a network`);
  return network;
}

/** Why this address is out of bounds; null: it may be reached. A text that is not an address is out of bounds. */
export function refusalOf(address: string, allowed: AllowedNetworks): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return "something that is not an address";
  const bytes = WRAPPING_V4.some((network) => contains(network, parsed)) ? parsed.slice(-4) : parsed;
  const isMetadata = METADATA.some((network) => contains(network, bytes));
  const opens = (network: Network): boolean =>
    contains(network, bytes) && (!isMetadata || network.length === bytes.length * 8);
  if (allowed.some(opens)) return null;
  const rule = RULES.find(({ network }) => contains(network, bytes));
  if (rule !== undefined) return rule.name;
  return bytes.length === 16 && !contains(PUBLIC_V6, bytes) ? "a reserved network" : null;
}

function contains({ base, length }: Network, bytes: Bytes): boolean {
  if (base.length !== bytes.length) return false;
  return base.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, length - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return ((bytes[index] ?? 0) & mask) === (byte & mask);
  });
}

/** null: not an address, or one with a zone (`fe80::1%eth0`), which means something on one machine only. */
function parseAddress(text: string): Bytes | null {
  const family = text.includes("%") ? 0 : isIP(text);
  if (family === 4) return text.split(".").map(Number);
  return family === 6 ? parseV6(text) : null;
}

/** Of a text that `isIP` has accepted. */
function parseV6(text: string): Bytes {
  const [head = "", tail] = text.split("::");
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? 0 : 16 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => 0), ...after];
}

function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
