export const CONFIG_PATH = ".github/deploy-impact.yml";
export const APP_ID = 12345;
/** Accounts that share the load. */
export const INSTALLATIONS = 20;

export interface Deploy {
  /** 1, 2, ...; also the id of the deployment and the number of its pull request. */
  readonly number: number;
  /** Epoch seconds. */
  readonly deployedAt: number;
}

export function shaOf(number: number): string {
  return number.toString(16).padStart(40, "0");
}

/** Each in an environment of its own: none is overtaken by another one. */
export function environmentOf(number: number): string {
  return `cell-${number}`;
}

export function installationOf(number: number): number {
  return 1 + (number % INSTALLATIONS);
}

export function configOf(source: string): string {
  return `version: 1
source: { type: prometheus, url: "${source}" }
units: { label: zone, treated: { match: { zone: [eu-1, eu-2] } }, control: { match: { zone: [us-1, us-2, us-3] } } }
windows: { pre: 6h, settle: 5m, post: 1h, step: 5m }
slis:
  - { id: p95-latency, kind: gauge, query: latency, worse: up, margin: 5% }
`;
}

/** The body of the webhook with which GitHub tells of it. */
export function webhookOf({ number, deployedAt }: Deploy): string {
  const installation = installationOf(number);
  const at = new Date(deployedAt * 1000).toISOString();
  return JSON.stringify({
    action: "created",
    deployment_status: { id: number, state: "success", created_at: at, log_url: "", environment_url: "" },
    deployment: {
      id: number,
      sha: shaOf(number),
      ref: "main",
      environment: environmentOf(number),
      created_at: at,
      payload: {},
      transient_environment: false,
      production_environment: true,
    },
    repository: {
      id: 5000 + installation,
      full_name: `acme-${installation}/shop`,
      private: true,
      default_branch: "main",
      owner: { login: `acme-${installation}`, id: installation, type: "Organization" },
    },
    sender: { login: "deployer", id: 1, type: "User" },
    installation: { id: installation },
  });
}
