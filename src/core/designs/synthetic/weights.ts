import type { DonorFit } from "../../estimators/donors/donors.ts";

/** Weights below this are not worth a name. */
const NAMED = 0.005;

/** Donors with weight, heaviest first, at most `most`. */
export function heaviestDonors({ table, main }: DonorFit, most: number): { unit: string; weight: number }[] {
  return table.donors
    .map((unit, j) => ({ unit: table.panel.units[unit] as string, weight: main.omega[j] as number }))
    .filter(({ weight }) => weight >= NAMED)
    .sort((a, b) => b.weight - a.weight || (a.unit < b.unit ? -1 : 1))
    .slice(0, most);
}

/** 1 / sum of squared weights: how many donors of equal weight the mix is worth. */
export function effectiveDonors({ main }: DonorFit): number {
  return 1 / main.omega.reduce((sum, weight) => sum + weight * weight, 0);
}

/** Positions (in the table's donors) of the donors with weight, heaviest first. */
export function weightedDonors({ main }: DonorFit, most: number): number[] {
  return Array.from(main.omega.keys())
    .filter((j) => (main.omega[j] as number) >= NAMED)
    .sort((a, b) => (main.omega[b] as number) - (main.omega[a] as number))
    .slice(0, most);
}
