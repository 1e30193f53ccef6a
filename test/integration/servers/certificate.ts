import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface CertificateRequest {
  readonly host: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A self-signed certificate made on the spot (X.509 v3, P-256), so that no private key lies in the repository. */
export function selfSigned(request: CertificateRequest): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = certificateBody(request, publicKey);
  const signature = sign("sha256", body, privateKey);
  const certificate = sequence(body, ECDSA_WITH_SHA256, tagged(0x03, Buffer.from([0]), signature));
  const base64 = certificate.toString("base64").replace(/(.{64})/g, "$1\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
  };
}

function certificateBody(request: CertificateRequest, publicKey: KeyObject): Buffer {
  const name = sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(request.host)))));
  const hosts = sequence(sequence(SUBJECT_ALT_NAME, tagged(0x04, sequence(tagged(0x82, Buffer.from(request.host))))));
  return sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    name,
    sequence(utcTime(request.notBefore), utcTime(request.notAfter)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, hosts),
  );
}

/** DER: tag, length, content. */
function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  const size = bytes.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
}

function sequence(...content: readonly Buffer[]): Buffer {
  return tagged(0x30, ...content);
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().slice(2, 19).replace(/[-T:]/g, "");
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(tagged(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])));
/** 2.5.4.3 */
const COMMON_NAME = tagged(0x06, Buffer.from([0x55, 0x04, 0x03]));
/** 2.5.29.17 */
const SUBJECT_ALT_NAME = tagged(0x06, Buffer.from([0x55, 0x1d, 0x11]));
