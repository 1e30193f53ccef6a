import type { AuthContext, Authenticator } from "./contract.ts";
import { type Expiring, sharedCredential } from "./credential-cache.ts";

export interface AccessToken extends Expiring {
  readonly token: string;
}

/** Signs in with a token that is fetched first, kept until it expires, and fetched again when the server refuses it. */
export function bearer(
  name: string,
  { ports, keepSecret }: AuthContext,
  obtain: () => Promise<AccessToken>,
): Authenticator {
  const tokens = sharedCredential(ports, name, obtain);
  const header = (token: string): string => `Bearer ${token}`;
  return {
    authorize: async () => {
      const { token } = await tokens.get();
      keepSecret(token);
      return { authorization: header(token) };
    },
    renew: (error, sent) => {
      if (error.code !== "SOURCE_UNAUTHORIZED") return false;
      // Another request may have renewed it already; then this one only has to be sent again.
      tokens.forget(({ token }) => header(token) === sent.authorization);
      return true;
    },
  };
}
