import { createHash, createHmac } from "node:crypto";

/** Signature version 4 written down from its specification, to check signed requests with another hand. */
export function naiveSignature(
  request: { readonly method: string; readonly url: URL; readonly body: string },
  signed: Readonly<Record<string, string>>,
  scope: { readonly secret: string; readonly region: string; readonly service: string },
): string {
  const strict = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = [...request.url.searchParams].map(([name, value]) => `${strict(name)}=${strict(value)}`).sort();
  const names = Object.keys(signed).sort();
  const canonical = [
    request.method,
    request.url.pathname.split("/").map(strict).join("/"),
    pairs.join("&"),
    ...names.map((name) => `${name}:${signed[name]}`),
    "",
    names.join(";"),
    hash(request.body),
  ].join("\n");
  const instant = signed["x-amz-date"] ?? "";
  const parts = [instant.slice(0, 8), scope.region, scope.service, "aws4_request"];
  const key = parts.reduce<Buffer>((secret, part) => hmac(secret, part), Buffer.from(`AWS4${scope.secret}`));
  return hmac(key, ["AWS4-HMAC-SHA256", instant, parts.join("/"), hash(canonical)].join("\n")).toString("hex");
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
