/**
 * The syntax of ssh_config(5), after OpenSSH's readconf.c: one keyword a line,
 * case-insensitive, arguments split like a shell would. Meaning is sshConfig.ts's.
 */

export type SshConfigNode =
  /** `keyword` in lower case; `rest` is the line as written, for the commands. */
  | { kind: "set"; keyword: string; args: readonly string[]; rest: string }
  | { kind: "host"; patterns: readonly string[]; body: SshConfigNode[] }
  | { kind: "match"; criteria: readonly MatchCriterion[]; body: SshConfigNode[] }
  /** `files` is filled by the reader (sshConfigFile.ts): the nodes of each included file. */
  | { kind: "include"; patterns: readonly string[]; files: SshConfigNode[][] };

export interface MatchCriterion {
  /** In lower case: all, host, originalhost, user, localuser, exec, final, canonical, … */
  name: string;
  negated: boolean;
  /** Absent for all, final and canonical. */
  value?: string;
}

const CRITERIA_WITHOUT_VALUE = new Set(["all", "final", "canonical"]);

/** Parses one file's text. Throws an Error naming the line when it makes no sense. */
export function parseSshConfig(text: string): SshConfigNode[] {
  const top: SshConfigNode[] = [];
  let current = top;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const match = /^\s*([^\s=#"]+)(?:\s*=\s*|\s+|$)(.*)$/.exec(line);
    if (!match) {
      if (/^\s*(#|$)/.test(line)) continue;
      throw new Error(`line ${index + 1} is not a keyword and its value`);
    }
    const keyword = (match[1] ?? "").toLowerCase();
    const rest = (match[2] ?? "").trim();
    const args = splitArguments(rest);
    if (args === undefined) throw new Error(`line ${index + 1} has a quote that is not closed`);
    if (args.length === 0) throw new Error(`line ${index + 1} gives no value for ${match[1]}`);
    if (keyword === "host") {
      current = [];
      top.push({ kind: "host", patterns: args, body: current });
    } else if (keyword === "match") {
      current = [];
      top.push({ kind: "match", criteria: parseCriteria(args, index + 1), body: current });
    } else if (keyword === "include") {
      current.push({ kind: "include", patterns: args, files: [] });
    } else {
      current.push({ kind: "set", keyword, args, rest });
    }
  }
  return top;
}

function parseCriteria(args: readonly string[], lineNumber: number): MatchCriterion[] {
  const criteria: MatchCriterion[] = [];
  for (let i = 0; i < args.length; i++) {
    const [word = "", ...inline] = (args[i] ?? "").split("=");
    const negated = word.startsWith("!");
    const name = word.replace(/^!/, "").toLowerCase();
    if (CRITERIA_WITHOUT_VALUE.has(name)) {
      criteria.push({ name, negated });
      continue;
    }
    const value = inline.length > 0 ? inline.join("=") : args[++i];
    if (value === undefined) throw new Error(`line ${lineNumber} gives no value for ${name}`);
    criteria.push({ name, negated, value });
  }
  return criteria;
}

/**
 * Splits as OpenSSH's argv_split does: either quote groups, a backslash escapes
 * quotes, backslash and (outside quotes) a space, `#` at the start of an
 * argument begins a comment. Undefined when a quote is not closed.
 */
export function splitArguments(text: string): string[] | undefined {
  const args: string[] = [];
  let i = 0;
  while (i < text.length) {
    if (/\s/.test(text[i] ?? "")) {
      i++;
      continue;
    }
    if (text[i] === "#") break;
    let arg = "";
    let quote = "";
    for (; i < text.length; i++) {
      const char = text[i] ?? "";
      const next = text[i + 1] ?? "";
      if (
        char === "\\" &&
        (`"'\\`.includes(next) || (quote === "" && next === " ")) &&
        next !== ""
      ) {
        arg += next;
        i++;
      } else if (quote === "" && (char === '"' || char === "'")) {
        quote = char;
      } else if (quote !== "" && char === quote) {
        quote = "";
      } else if (quote === "" && /\s/.test(char)) {
        break;
      } else {
        arg += char;
      }
    }
    if (quote !== "") return undefined;
    args.push(arg);
  }
  return args;
}
