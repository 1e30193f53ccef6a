import type { AuthContext, Authenticator } from "./contract.ts";
import type { CompleteAuth } from "./options.ts";

/** Code of a kind is loaded with the first request that needs it. */
async function load(auth: CompleteAuth, context: AuthContext): Promise<Authenticator> {
  switch (auth.kind) {
    case "oauth2":
      return (await import("./oauth2.ts")).oauth2(auth, context);
    case "sigv4":
      return (await import("./sigv4.ts")).sigv4(auth, context);
    case "google":
      return (await import("./google.ts")).google(auth, context);
    case "azure":
      return (await import("./azure.ts")).azure(auth, context);
  }
}

export function openAuthenticator(auth: CompleteAuth, context: AuthContext): Authenticator {
  let loading: Promise<Authenticator> | null = null;
  let loaded: Authenticator | null = null;
  return {
    authorize: async (request) => {
      loading ??= load(auth, context);
      loaded = await loading;
      return await loaded.authorize(request);
    },
    renew: (error, sent) => loaded?.renew(error, sent) ?? false,
  };
}

/** Nothing beyond the headers of the config. */
export const NO_AUTHENTICATOR: Authenticator = { authorize: async () => ({}), renew: () => false };
