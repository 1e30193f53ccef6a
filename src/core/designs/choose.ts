import type { AnalysisPlan, Design } from "../plan.ts";
import type { DesignOutcome, DesignQuestion, DesignRoute } from "./design.ts";
import { did } from "./did.ts";
import { DESIGN_ROUTES } from "./index.ts";

/** Which design answered, and why it was taken. */
export interface Chosen {
  readonly design: Design;
  readonly reason: string;
  readonly outcome: DesignOutcome;
}

/** Runs the design of the plan; with `auto` the first one that suits, else `did`, unless another one must replace it. */
export function answerByDesign(question: DesignQuestion): Chosen {
  return question.plan.design === "auto" ? automatic(question) : byName(question, question.plan.design);
}

function byName(question: DesignQuestion, design: Design): Chosen {
  return { design, reason: "chosen by the configuration", outcome: DESIGN_ROUTES[design].run(question) };
}

/** The design that a plan names or, with `auto`, the data ask for; what may replace `did` shows only in its answer. */
export function designFor(question: DesignQuestion): DesignRoute {
  const { design } = question.plan;
  return design === "auto" ? suited(question).route : DESIGN_ROUTES[design];
}

function suited(question: DesignQuestion): { readonly route: DesignRoute; readonly reason: string } {
  for (const route of Object.values(DESIGN_ROUTES)) {
    const reason = route.suits?.(question) ?? null;
    if (reason !== null) return { route, reason };
  }
  return { route: did, reason: reasonForDid(question.plan) };
}

function automatic(question: DesignQuestion): Chosen {
  const { route, reason } = suited(question);
  const first: Chosen = { design: route.id, reason, outcome: route.run(question) };
  if (route !== did) return first;
  return Object.values(DESIGN_ROUTES).reduce((chosen, other) => replaced(question, chosen, other), first);
}

/** Deploy times that no design took for waves are so close together that they are one. */
function reasonForDid({ waves }: AnalysisPlan): string {
  return new Set(Object.values(waves ?? {})).size > 1
    ? "the units were deployed within one settle time (or one step), which is one wave, and there are controls"
    : "the same units are seen before and after, and there are controls";
}

/** A design that was to replace `did` but cannot answer leaves the answer of `did` standing. */
function replaced(question: DesignQuestion, chosen: Chosen, route: DesignRoute): Chosen {
  if (!chosen.outcome.ok || route.replaces === undefined) return chosen;
  const reason = route.replaces(question, chosen.outcome.value);
  if (reason === null) return chosen;
  const outcome = route.run(question);
  return outcome.ok ? { design: route.id, reason, outcome } : chosen;
}
