import { awsCredentials } from "./aws-credentials.ts";
import { awsSignature } from "./aws-signature.ts";
import type { AuthContext, Authenticator } from "./contract.ts";
import { sharedCredential } from "./credential-cache.ts";
import type { Sigv4Options } from "./options.ts";

/** Amazon refuses keys that ran out with 403, not with 401. */
const EXPIRED = /expired/i;

export function sigv4(
  auth: Sigv4Options & { readonly region: string; readonly service: string },
  context: AuthContext,
): Authenticator {
  const { ports } = context;
  const { service: _service, ...identity } = auth;
  const credentials = sharedCredential(ports, JSON.stringify(identity), () => awsCredentials(auth, context));
  return {
    authorize: async (request) => {
      const keys = await credentials.get();
      for (const secret of [keys.accessKeyId, keys.secretAccessKey, keys.sessionToken ?? ""])
        context.keepSecret(secret);
      return await awsSignature(request, keys, auth, ports.now());
    },
    renew: (error, sent) => {
      const ranOut = error.code === "SOURCE_UNAUTHORIZED" || EXPIRED.test(error.message);
      if (!ranOut) return false;
      // Keys of the environment cannot be renewed: the same would be refused again.
      return credentials.forget(
        (keys) => Number.isFinite(keys.expiresAt) && keys.sessionToken === sent["x-amz-security-token"],
      );
    },
  };
}
