/** What the host picker lists, as data: pure, so that order and typing are tested without an editor. */

export type HostOrigin = "typed" | "recent" | "config" | "setting";

export interface HostChoice {
  /** An ssh alias or user@host:port. */
  readonly destination: string;
  readonly origin: HostOrigin;
}

/** At most this many hosts are remembered; more would hide the configured ones below the fold. */
export const RECENT_HOSTS_MAX = 8;

/** The list with `destination` first, without its older mention. */
export function rememberHost(recent: readonly string[], destination: string): string[] {
  return [destination, ...recent.filter((known) => known !== destination)].slice(
    0,
    RECENT_HOSTS_MAX,
  );
}

/**
 * Choices in the order shown: what is being typed (unless it is already
 * listed), recent, configured, from the settings. A host appears once.
 */
export function hostChoices(input: {
  readonly typed: string;
  readonly recent: readonly string[];
  readonly aliases: readonly string[];
  readonly configured: readonly string[];
}): HostChoice[] {
  const typed = input.typed.trim();
  const choices: HostChoice[] = [];
  const seen = new Set<string>();
  const add = (origin: HostOrigin, destinations: readonly string[]) => {
    for (const destination of destinations) {
      if (destination === "" || seen.has(destination)) continue;
      seen.add(destination);
      choices.push({ destination, origin });
    }
  };
  add("recent", input.recent);
  add("config", input.aliases);
  add("setting", input.configured);
  if (typed !== "" && !seen.has(typed)) choices.unshift({ destination: typed, origin: "typed" });
  return choices;
}
