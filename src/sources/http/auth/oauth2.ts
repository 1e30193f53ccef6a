import { Buffer } from "node:buffer";
import { readSecret } from "../secrets.ts";
import { bearer } from "./bearer.ts";
import type { AuthContext, Authenticator } from "./contract.ts";
import { exchange, readToken } from "./exchange.ts";
import type { Oauth2Options } from "./options.ts";

/** OAuth 2 client credentials (RFC 6749, sections 2.3.1 and 4.4). */
export function oauth2(auth: Oauth2Options, context: AuthContext): Authenticator {
  const { ports, keepSecret, connect } = context;
  const secret = readSecret("auth: client-secret-env", auth["client-secret-env"], ports.env);
  keepSecret(secret);
  const id = auth["client-id"] ?? readSecret("auth: client-id-env", auth["client-id-env"] ?? "", ports.env);
  const inBody = auth["client-auth"] === "body";
  const parameters: [string, string][] = [["grant_type", "client_credentials"]];
  if (auth.scopes !== undefined) parameters.push(["scope", auth.scopes.join(" ")]);
  if (auth.audience !== undefined) parameters.push(["audience", auth.audience]);
  if (inBody) parameters.push(["client_id", id], ["client_secret", secret]);
  const pair = Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`, "utf8").toString("base64");
  keepSecret(pair);
  return bearer(JSON.stringify(auth), context, async () =>
    exchange({
      client: connect("The token server", auth["token-url"]),
      parameters,
      post: "form",
      ...(!inBody && { headers: { authorization: `Basic ${pair}` } }),
      what: "the access token",
      hint: "Check `client-id`, the secret behind `client-secret-env`, `scopes` and `token-url` of `auth`; some token servers want `client-auth: body`.",
      read: readToken(ports.now),
    }),
  );
}

/** Id and secret are encoded as in a form before they are joined (RFC 6749, section 2.3.1). */
function formEncoded(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
