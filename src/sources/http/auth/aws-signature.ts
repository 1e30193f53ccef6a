import { AwsV4Signer } from "aws4fetch";
import type { Outgoing } from "./contract.ts";

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/**
 * Headers of signature version 4 for one request at one instant (milliseconds since the epoch). Only host, date and
 * session token are signed beside method, address and body, so that a proxy may touch the other headers.
 */
export async function awsSignature(
  { method, url, body }: Outgoing,
  keys: Keys,
  scope: { readonly region: string; readonly service: string },
  nowMs: number,
): Promise<Record<string, string>> {
  const signer = new AwsV4Signer({
    method,
    url,
    ...(body !== null && { body }),
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey,
    ...(keys.sessionToken !== null && { sessionToken: keys.sessionToken }),
    ...scope,
    datetime: new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  const signed = await signer.sign();
  return Object.fromEntries(signed.headers);
}
