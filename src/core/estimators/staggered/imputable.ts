import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { StaggeredTable } from "./table.ts";

/**
 * Refuses treated rows whose unit or period no untreated row tells about, by name.
 *
 * Formula: units and periods are the two sides of a graph with an edge for every untreated row; a treated row can be imputed
 * when its unit and period are in the same component. Time and memory grow with the rows.
 */
export function checkImputable(table: StaggeredTable, isTreated: Uint8Array): Outcome<null> {
  const { unit, periods, unitNames } = table;
  const components = unionFind(unit.count + periods.grouping.count);
  const seen = new Uint8Array(periods.grouping.count);
  const known = new Uint8Array(unit.count);
  isTreated.forEach((flag, i) => {
    if (flag === 1) return;
    const u = unit.levels[i] ?? 0;
    const k = periods.grouping.levels[i] ?? 0;
    known[u] = 1;
    seen[k] = 1;
    components.join(u, unit.count + k);
  });
  for (let i = 0; i < isTreated.length; i++) {
    if (isTreated[i] === 0) continue;
    const u = unit.levels[i] ?? 0;
    const k = periods.grouping.levels[i] ?? 0;
    const name = unitNames[u] ?? "";
    const period = periods.values[k] ?? Number.NaN;
    if (known[u] === 0) return unseenUnit(name);
    if (seen[k] === 0) return allTreated(period);
    if (components.root(u) !== components.root(unit.count + k)) return unconnected(name, period);
  }
  return answer(null);
}

function unseenUnit(unit: string): Outcome<never> {
  return refuse(
    "NO_PRE_DATA",
    `Unit ${unit} has no row before its treatment, so its level cannot be known.`,
    "Give earlier rows of the unit, or leave it out.",
    { unit },
  );
}

function allTreated(period: number): Outcome<never> {
  return refuse(
    "NO_CONTROL_UNITS",
    `In period ${period} every unit is treated, so nothing shows what would have happened without.`,
    "Add units that are never treated, or leave out the periods from then on.",
    { period },
  );
}

function unconnected(unit: string, period: number): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The untreated rows do not connect unit ${unit} with period ${period}, so its level there cannot be known.`,
    "Give units that are untreated both early and late.",
    { unit, period },
  );
}

interface UnionFind {
  join(a: number, b: number): void;
  root(a: number): number;
}

/** Sets that grow together; path halving. */
function unionFind(size: number): UnionFind {
  const parent = Int32Array.from({ length: size }, (_, i) => i);
  const root = (start: number): number => {
    let a = start;
    while (parent[a] !== a) {
      parent[a] = parent[parent[a] ?? a] ?? a;
      a = parent[a] ?? a;
    }
    return a;
  };
  return {
    root,
    join(a, b) {
      parent[root(a)] = root(b);
    },
  };
}
