/**
 * Whose data something is. Every read and write of the store names its tenant, and every statement filters by it: a
 * repository never sees another one's rows, whatever an id in a URL or a payload says.
 */
export interface Tenant {
  readonly installationId: number;
  readonly repositoryId: number;
}

export interface TenantRepository extends Tenant {
  /** owner/name, as GitHub said last; a rename changes it, the id stays. */
  readonly repository: string;
  readonly isPrivate: boolean;
}
