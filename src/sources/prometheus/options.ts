import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { type AuthDefaults, completeAuth } from "../http/auth/complete.ts";
import type { AuthOptions } from "../http/auth/options.ts";
import { type ConnectOptions, type HttpOptions, httpShape, refineAuthentication } from "../http/options.ts";
import { resolveTlsPaths } from "../http/tls.ts";

interface Server {
  /** For people. */
  readonly name: string;
  /** Header that carries `tenant`; absent: the server has no tenants, or has them in its address. */
  readonly tenantHeader?: string;
  /** How requests are signed in when the config does not say. */
  readonly auth?: AuthOptions;
  /** How a query that is too long for an address travels. */
  readonly long?: "json";
}

/** Servers that speak Prometheus' HTTP API, by `type:` in the config. */
export const PROMETHEUS_TYPES = {
  prometheus: { name: "Prometheus" },
  "victoria-metrics": { name: "VictoriaMetrics" },
  thanos: { name: "Thanos", tenantHeader: "THANOS-TENANT" },
  mimir: { name: "Mimir", tenantHeader: "X-Scope-OrgID" },
  cortex: { name: "Cortex", tenantHeader: "X-Scope-OrgID" },
  "grafana-cloud": { name: "Grafana Cloud" },
  "amazon-managed-prometheus": { name: "Amazon Managed Service for Prometheus", auth: { kind: "sigv4" } },
  "google-managed-prometheus": { name: "Google Cloud Monitoring", auth: { kind: "google" }, long: "json" },
  "azure-managed-prometheus": { name: "Azure Monitor", auth: { kind: "azure" } },
} as const satisfies Record<string, Server>;

export type PrometheusType = keyof typeof PROMETHEUS_TYPES;

export function serverOf(type: PrometheusType): Server {
  return PROMETHEUS_TYPES[type];
}

const AUTH_DEFAULTS: AuthDefaults = {
  awsService: "aps",
  azureScope: "https://prometheus.monitor.azure.com/.default",
};

/** Prometheus refuses a range query above 11,000 steps per series (web/api/v1, fixed in its code). */
export const MAX_POINTS_PER_REQUEST = 11_000;

export const prometheusOptionsSchema = z
  .strictObject({
    type: z.enum(Object.keys(PROMETHEUS_TYPES) as [PrometheusType, ...PrometheusType[]]),
    ...httpShape,
    tenant: z
      .string()
      .regex(/^[\x21-\x7e]+$/, { error: "cannot be sent as the name of a tenant" })
      .optional(),
    "max-points": z.int().min(2).max(MAX_POINTS_PER_REQUEST).optional(),
  })
  .superRefine(refineAuthentication)
  .superRefine(refineServer);

export type PrometheusOptions = z.infer<typeof prometheusOptionsSchema>;

function refineServer(
  options: HttpOptions & { readonly type: PrometheusType; readonly tenant?: string | undefined },
  context: z.RefinementCtx,
): void {
  const report = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  const { tenantHeader } = serverOf(options.type);
  if (options.tenant !== undefined && tenantHeader === undefined) {
    report("tenant", `does not belong to type ${options.type}; the types thanos, mimir and cortex have it`);
  }
  const given = Object.keys({ ...options.headers, ...options["headers-env"] }).map((header) => header.toLowerCase());
  if (options.tenant !== undefined && tenantHeader !== undefined && given.includes(tenantHeader.toLowerCase())) {
    report("tenant", `is given twice; remove ${tenantHeader} from the headers`);
  }
  if (options.type === "grafana-cloud" && !signsIn(options) && options["headers-env"] === undefined) {
    report("username", "is missing; write the number of the stack, and `password-env` for its access token");
  }
}

function signsIn(options: HttpOptions): boolean {
  return options.auth !== undefined || options["token-env"] !== undefined || options["password-env"] !== undefined;
}

/** The sign-in as the config says it, or as the type has it. */
function authOf(options: PrometheusOptions): AuthOptions | undefined {
  return signsIn(options) ? options.auth : serverOf(options.type).auth;
}

/** Options whose sign-in names its secrets, even where the type supplies it. */
export function withOwnAuth(options: PrometheusOptions): HttpOptions {
  return { ...options, auth: authOf(options) };
}

export function connectOptions(options: PrometheusOptions, env: Ports["env"]): ConnectOptions {
  const { tenantHeader } = serverOf(options.type);
  const auth = authOf(options);
  const tenant = options.tenant === undefined || tenantHeader === undefined ? {} : { [tenantHeader]: options.tenant };
  return {
    ...options,
    headers: { ...tenant, ...options.headers },
    auth: auth === undefined ? undefined : completeAuth(auth, { url: options.url, env, defaults: AUTH_DEFAULTS }),
  };
}

export function resolvePaths(options: PrometheusOptions, folder: string): PrometheusOptions {
  return options.tls === undefined ? options : { ...options, tls: resolveTlsPaths(options.tls, folder) };
}
