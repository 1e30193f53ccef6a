import type { TenantRepository } from "../tenant.ts";

/** A verified webhook as it was stored before it was answered. */
export interface Delivery {
  /** X-GitHub-Delivery; a redelivery by hand has the same one. */
  readonly id: string;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number;
  /** null: the event is about an installation, not about a repository. */
  readonly repository: (TenantRepository & { readonly defaultBranch: string }) | null;
  /** Parsed by the handler's own schema. */
  readonly payload: unknown;
  /** Epoch seconds. */
  readonly receivedAt: number;
}

/** Runs inside the `delivery` job, so it may take its time, fail and be repeated. Answers what was done, for the log. */
export type DeliveryHandler = (delivery: Delivery) => Promise<string>;

/** Events that the App subscribes to (app.yml), each with its handler; total by type. */
export interface DeliveryHandlers {
  readonly deployment_status: DeliveryHandler;
  readonly deployment_protection_rule: DeliveryHandler;
  readonly check_run: DeliveryHandler;
  readonly issue_comment: DeliveryHandler;
  readonly merge_group: DeliveryHandler;
  readonly installation: DeliveryHandler;
  readonly installation_repositories: DeliveryHandler;
  readonly repository: DeliveryHandler;
  /** Reverts of judged commits, for the ledger. */
  readonly push: DeliveryHandler;
  /** Deploys that GitHub did not see. */
  readonly repository_dispatch: DeliveryHandler;
}
