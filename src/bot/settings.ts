/** How this process was set up, from its environment; `readSettings` says which variable is wrong and what it takes. */
export interface BotSettings {
  readonly appId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** REST API of the GitHub that the App belongs to. */
  readonly apiUrl: string;
  /** Where people look at that GitHub. */
  readonly serverUrl: string;
  /** A PostgreSQL server for any number of workers, or a folder for the embedded one. */
  readonly store:
    | { readonly kind: "server"; readonly url: string }
    | { readonly kind: "embedded"; readonly folder: string };
  readonly host: string;
  readonly port: number;
  /** Where people reach this server, without a slash at the end; links in checks and sign-in need it. null: no links. */
  readonly publicUrl: string | null;
  /** Sign-in of the web page; null: the page is closed. */
  readonly oauth: { readonly clientId: string; readonly clientSecret: string } | null;
  /** 32 bytes for secrets and sessions in the store; null: neither is possible. */
  readonly encryptionKey: Uint8Array | null;
  /** Keys that came before it: what they encrypted can still be read until `secrets rotate` has run. */
  readonly previousEncryptionKeys: readonly Uint8Array[];
  /** Folder of `<owner>/<repository>/<NAME>` and `<owner>/<NAME>` files; null: none. */
  readonly secretsFolder: string | null;
  /** Networks that analyses may reach although they are private, CIDR; empty: none. */
  readonly allowedNetworks: readonly string[];
  /** Proxy through which everything that a tenant's config names is asked; null: directly. Never that of the environment. */
  readonly egressProxy: string | null;
  /** What this process does: answers webhooks and pages, works on jobs, or both. */
  readonly role: "all" | "web" | "worker";
  /** Jobs that this process works on side by side. */
  readonly concurrency: number;
  /** Token that `/metrics` asks for (`Authorization: Bearer`); null: whoever reaches the port may read them. */
  readonly metricsToken: string | null;
  /** Verdicts and their evidence are kept this long, seconds. */
  readonly retention: number;
  readonly logLevel: "debug" | "info" | "warning" | "error";
}
