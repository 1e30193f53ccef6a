import { DeployImpactError } from "../../core/errors.ts";
import type { CheckUpdate, GithubApi } from "../../github/api.ts";
import { findChecks, type HeldCheck, holdCheck, writeCheck } from "../../github/checks.ts";
import { CHECK_TITLE_CHARACTERS } from "../../github/limits.ts";
import type { CheckRunRecord } from "../../github/records.ts";
import type { Conclusion } from "../../report/conclusion.ts";
import type { CheckTitle } from "../../report/views/contract.ts";
import { nowOf, type Session, warnOf } from "./session.ts";
import type { Subject } from "./subject.ts";

type Place = Pick<Subject, "repository" | "key">;

/**
 * The check of one subject through its life. Every failure before the conclusion is a warning (the analysis goes on);
 * a missing permission stays a warning to the end, because a read-only token is no reason for red.
 */
export class SubjectCheck {
  readonly #session: Session;
  readonly #api: GithubApi;
  readonly #place: Place;
  #existing: readonly CheckRunRecord[] | null = null;
  #held: HeldCheck | null = null;
  #usable: boolean;
  #problem: unknown = null;

  constructor(session: Session, place: Place) {
    this.#session = session;
    this.#api = session.github.api(place.repository);
    this.#place = place;
    this.#usable = !session.inputs.dryRun;
  }

  get repository(): string {
    return this.#place.repository;
  }

  get id(): number | null {
    return this.#held?.id ?? null;
  }

  get appSlug(): string | null {
    return this.#held?.appSlug ?? this.#existing?.[0]?.appSlug ?? null;
  }

  get url(): string | null {
    return this.#held?.url ?? null;
  }

  /** Why the last write did not happen; null: it did, or nobody tried. */
  get problem(): unknown {
    return this.#problem;
  }

  /** As it was before this run; null when there was none, or nobody could look. */
  async before(): Promise<CheckRunRecord | null> {
    if (this.#existing === null && this.#usable) {
      this.#existing = await this.#attempt(() => findChecks(this.#api, this.#place.key));
    }
    return this.#existing?.find((run) => !run.completed) ?? this.#existing?.[0] ?? null;
  }

  /** For whoever knows the check without looking. */
  adopt(run: CheckRunRecord): void {
    this.#existing = [run];
  }

  /** In progress, from now on or still. A completed check that this run may not replace is left alone. */
  async open(output: CheckTitle & { readonly text?: string }): Promise<void> {
    await this.before();
    if (!this.#usable) return;
    const update: CheckUpdate = { output: trimmed(output), ...this.#extras(null) };
    await this.#attempt(async () => {
      this.#held ??= await this.#hold(update);
      if (this.#held.completed) return;
      this.#session.desk.checkOpened({ id: this.#held.id, repository: this.#place.repository, registered: false });
      if (this.#held.found !== null) this.#held = await writeCheck(this.#api, this.#place.key, this.#held, update);
    });
  }

  /** Takes over an open check whose plan is already written down. */
  async resume(): Promise<void> {
    const before = await this.before();
    if (!this.#usable || before === null || before.completed) return;
    this.#held = await this.#hold({ output: { title: before.title ?? "", summary: before.summary ?? "" } });
    this.#session.desk.checkOpened({ id: this.#held.id, repository: this.#place.repository, registered: true });
  }

  /** The plan stays as it is; a later run comes back. */
  leave(): void {
    if (this.#held !== null) this.#session.desk.checkSettled(this.#held.id);
  }

  /** Writes the text that the open check keeps until a later run comes back, and lets the post process leave it. */
  async leaveOpen(output: CheckTitle & { readonly text: string }): Promise<void> {
    await this.before();
    if (this.#held?.completed) {
      // A completed check cannot be opened again.
      this.#held = null;
      this.#existing = [];
    }
    await this.#write({ output: trimmed(output), ...this.#extras(null) });
    this.leave();
  }

  async complete(output: CheckTitle & { readonly text?: string }, conclusion: Conclusion): Promise<void> {
    await this.before();
    await this.#write({ output: trimmed(output), conclusion, ...this.#extras(conclusion) });
    this.leave();
  }

  async #write(update: CheckUpdate): Promise<void> {
    if (!this.#usable) return;
    await this.#attempt(async () => {
      const held = this.#held;
      this.#held = await this.#hold(update);
      if (held !== null || this.#held.found !== null) {
        this.#held = await writeCheck(this.#api, this.#place.key, this.#held, update);
      }
    }, update.conclusion !== undefined);
  }

  #hold(initial: CheckUpdate): Promise<HeldCheck> {
    if (this.#held !== null) return Promise.resolve(this.#held);
    const { freshCheck } = this.#session.desk;
    const rule = typeof freshCheck === "boolean" ? { fresh: freshCheck } : { fresh: false, after: freshCheck.after };
    return holdCheck(this.#api, this.#place.key, { initial, ...rule, found: this.#existing ?? [] });
  }

  /** What every write says besides its text. */
  #extras(conclusion: Conclusion | null): Pick<CheckUpdate, "detailsUrl" | "actions"> {
    const { links, buttons } = this.#session.desk;
    const detailsUrl = links.detailsUrl ?? links.runUrl;
    // An empty list takes away the buttons that the check had.
    return {
      ...(detailsUrl === null ? {} : { detailsUrl }),
      ...(buttons === null ? {} : { actions: buttons(conclusion) }),
    };
  }

  /** `final`: the last word; when it cannot be said the step must know. */
  async #attempt<T>(write: () => Promise<T>, final = false): Promise<T | null> {
    try {
      return await write();
    } catch (error) {
      const denied = error instanceof DeployImpactError && error.code === "GITHUB_PERMISSION";
      this.#problem = error;
      if (denied) this.#usable = false;
      else if (final) throw error;
      warnOf(this.#session, error);
      return null;
    }
  }
}

function trimmed<T extends CheckTitle>(output: T): T {
  return output.title.length <= CHECK_TITLE_CHARACTERS
    ? output
    : { ...output, title: `${output.title.slice(0, CHECK_TITLE_CHARACTERS - 1)}…` };
}

/** `14:05 UTC`, with the date when it is not today's. */
export function clock(seconds: number, session: Session): string {
  const iso = new Date(seconds * 1000).toISOString();
  const today = new Date(nowOf(session) * 1000).toISOString().slice(0, 10);
  return iso.startsWith(today) ? `${iso.slice(11, 16)} UTC` : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
