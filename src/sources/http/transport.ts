import { createSecureContext, rootCertificates } from "node:tls";
import { DeployImpactError } from "../../core/errors.ts";
import type { HttpPorts } from "./contract.ts";
import { proxyFor } from "./proxy.ts";
import { readTlsMaterial, type TlsMaterial, type TlsOptions } from "./tls.ts";

type Fetch = HttpPorts["fetch"];

/**
 * How requests travel: by the plain `fetch` of the process, or, with own certificates or a proxy, by undici, which is
 * loaded only then.
 */
export async function openTransport(url: string, tls: TlsOptions | undefined, ports: HttpPorts): Promise<Fetch> {
  const { confinement } = ports;
  // Whoever confines a config decides on proxies too: the environment here is the config's own.
  const proxy = confinement === undefined ? proxyFor(url, ports.env) : null;
  if (tls === undefined && proxy === null) return ports.fetch;
  const settings = tls === undefined ? {} : tlsSettings(await readTlsMaterial(tls, ports));
  // A key that does not fit would otherwise only show as a connection that fails.
  if (attempt(() => createSecureContext(settings)) === null) throw unusableCertificate();
  if (confinement !== undefined) return confinement.fetchWith(settings);
  const { Agent, fetch, ProxyAgent } = await import("undici");
  const dispatcher =
    proxy === null
      ? new Agent({ connect: settings })
      : attempt(() => new ProxyAgent({ uri: proxy, requestTls: settings, proxyTls: authorities(settings) }));
  if (dispatcher === null) throw unusableProxy();
  const send = fetch as unknown as (input: unknown, init: object) => Promise<Response>;
  return (input, init) => send(input, { ...init, dispatcher });
}

type TlsSettings = Readonly<Record<string, string | string[]>>;

function tlsSettings({ ca, cert, key, passphrase }: TlsMaterial): TlsSettings {
  return {
    // A list of one's own replaces the known authorities: both are wanted.
    ...(ca !== null && { ca: [...rootCertificates, ca] }),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
    ...(passphrase !== null && { passphrase }),
  };
}

/** A proxy sees the authorities only: the client's certificate is for the source. */
function authorities({ ca }: TlsSettings): TlsSettings {
  return ca === undefined ? {} : { ca };
}

/** null: it failed; the fault is not kept, since it may quote a key or the credentials of a proxy. */
function attempt<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

function unusableCertificate(): DeployImpactError {
  return new DeployImpactError("CREDENTIAL_MISSING", "The certificate or key of `tls` cannot be used.", {
    hint: "Give certificate and key as PEM that belong together, and the passphrase of the key if it has one.",
  });
}

function unusableProxy(): DeployImpactError {
  return new DeployImpactError("CONFIG_INVALID", "The proxy that the environment names cannot be used.", {
    hint: "Write HTTPS_PROXY and HTTP_PROXY as addresses, for example http://proxy.example.com:3128.",
  });
}
