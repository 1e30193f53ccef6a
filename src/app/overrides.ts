import type { Config } from "../config/config.ts";
import type { Design, Direction, InferenceName, Kind, Margin, Mode, Scale } from "../core/plan.ts";

/** What flags may change in a config; undefined: as the config says. Spans are seconds. */
export interface Overrides {
  readonly pre: number | undefined;
  readonly settle: number | undefined;
  readonly post: number | undefined;
  readonly step: number | undefined;
  readonly alpha: number | undefined;
  readonly inference: InferenceName | undefined;
  readonly scale: "auto" | Scale | undefined;
  readonly design: "auto" | Design | undefined;
  readonly seed: number | undefined;
  readonly mode: Mode | undefined;
  readonly direction: Direction | undefined;
  /** Percentage points mean something for some kinds only, so that the text is read once per SLI. */
  readonly marginOf: ((kind: Kind) => Margin) | undefined;
}

/** The config with flags laid over it; `direction` and `margin` change every SLI. */
export function overrideConfig(config: Config, overrides: Overrides): Config {
  const { pre, settle, post, step, alpha, inference, scale, design, seed, mode, direction, marginOf } = overrides;
  return {
    ...config,
    ...defined({ seed, mode }),
    services: config.services.map((service) => ({
      ...service,
      ...defined({ alpha, inference, scale, design }),
      windows: { ...service.windows, ...defined({ pre, settle, post, step }) },
      slis: service.slis.map((sli) => ({
        ...sli,
        ...defined({ direction }),
        ...(marginOf === undefined ? {} : { margin: marginOf(sli.kind) }),
      })),
    })),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Only the entries that are stated. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
