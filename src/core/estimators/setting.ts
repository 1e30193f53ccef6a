import type { EstimateOptions, EstimatorSetting } from "./contract.ts";

/** The text of a setting: as given, else its default. Throws when the estimator has no such setting (our own bug). */
export function settingText(settings: readonly EstimatorSetting[], options: EstimateOptions, name: string): string {
  const known = settings.find((setting) => setting.name === name);
  if (known === undefined) throw new RangeError(`no setting ${name}`);
  return options.settings[name] ?? known.default;
}

/** A number; null for a word such as `auto`. */
export function settingNumber(
  settings: readonly EstimatorSetting[],
  options: EstimateOptions,
  name: string,
): number | null {
  const value = Number(settingText(settings, options, name));
  return Number.isNaN(value) ? null : value;
}

/** Names separated by commas; none for `none`. */
export function settingList(settings: readonly EstimatorSetting[], options: EstimateOptions, name: string): string[] {
  const text = settingText(settings, options, name);
  return text === "none" ? [] : text.split(",").map((item) => item.trim());
}
