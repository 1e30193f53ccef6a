/** Every limit of GitHub that we know of, once, with its source. Renderers and publishers take them from here. */

/** Characters of an issue or pull request comment. Source: the API's own 422 "body is too long (maximum is 65536 characters)". */
export const COMMENT_CHARACTERS = 65_536;

/** Characters of `output.summary` and of `output.text` of a check run. Source: REST reference, "Create a check run". */
export const CHECK_TEXT_CHARACTERS = 65_535;

/** Characters of `output.title` that GitHub's pages show on one line; longer ones are cut by the page, not by the API. */
export const CHECK_TITLE_CHARACTERS = 255;

/** Bytes of a job summary that we write at most. GitHub drops a step's whole summary above 1 MiB (workflow commands reference). */
export const SUMMARY_BYTES = 900 * 1024;

/** An open check run becomes `stale` after 14 days (checks guide). */
export const OPEN_CHECK_SECONDS = 14 * 86_400;

/** When we give up on an open check: half a day before GitHub does, so that a run every few hours is early enough. */
export const GIVE_UP_SECONDS = OPEN_CHECK_SECONDS - 12 * 3600;

/** Largest page of a list endpoint (REST reference, "Using pagination"). */
export const PAGE_SIZE = 100;

/** Commits that the compare endpoint returns without paging (REST reference, "Compare two commits"). */
export const COMPARE_COMMITS = 250;

/** Files that the compare and commit endpoints list at most (REST reference). */
export const COMPARE_FILES = 300;

/** Bytes up to which the contents endpoint includes a file's text (REST reference, "Get repository content"). */
export const CONTENT_BYTES = 1024 * 1024;

/** Our own budget: requests of one run. GITHUB_TOKEN has 1,000 per hour and repository (REST reference, "Rate limits"). */
export const REQUEST_BUDGET = 15;

/** Longest wait for the primary rate limit to reset before we report it instead, seconds. */
export const PRIMARY_LIMIT_WAIT_SECONDS = 60;

/** Wait after a secondary rate limit without `retry-after`, seconds (REST reference: "at least one minute"). */
export const SECONDARY_LIMIT_WAIT_SECONDS = 60;

/** Longest `retry-after` that we obey before we report it instead, seconds. */
export const SECONDARY_LIMIT_PATIENCE_SECONDS = 300;

/** Longest wait for one answer, our own limit. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Tries of one request, the first included. */
export const TRIES = 3;

/** Writes of one run that go out without a pause; after these one second lies between two (best practices for the REST API). */
export const WRITES_WITHOUT_PAUSE = 5;
export const WRITE_PAUSE_MS = 1000;

/** Longest `wait` input: a runner is paid by the minute. */
export const WAIT_SECONDS = 600;

/** Pull requests that get a comment when a batch contains a regression. */
export const BATCH_COMMENTS = 10;

/** Seconds between the tries when a merge is not in GitHub's commit-to-pull-request index yet; about a minute together. */
export const INDEX_DELAY_SECONDS: readonly number[] = [10, 20, 30];

/** A commit older than this is in the index if it ever will be, seconds. */
export const INDEX_FRESH_SECONDS = 600;

/** Status reports of one deployment protection rule (docs, "Creating custom deployment protection rules"). */
export const GATE_REPORTS = 10;

/** Characters of a report or of the comment of a decision (same page). */
export const GATE_COMMENT_CHARACTERS = 1024;

/** A job that waits this long for its protection rules fails (Actions limits: "Gate approval time"). */
export const GATE_SECONDS = 30 * 86_400;

/** Characters of a deployment's description (REST reference of the deployments API gives none for it; statuses take 140). */
export const DEPLOYMENT_DESCRIPTION_CHARACTERS = 140;
