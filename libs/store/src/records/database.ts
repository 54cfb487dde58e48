import { type Compilable, type CompiledQuery, type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { StoredConversationRow } from '../rows.ts';
import type { Urgency } from '../write-groups.ts';
import type { Tables, Time } from './tables.ts';

type Query<Row> = Compilable<Row> | CompiledQuery<Row>;

/**
 * A read or a write, told by its statements: a generator that yields statements and is given their rows. Written once, it runs
 * without waiting inside a group of writes of SQLite, and waits for each answer of PostgreSQL.
 */
export type Work<T> = Generator<readonly CompiledQuery[], T, readonly (readonly unknown[])[]>;

export function* all<Row>(query: Query<Row>): Work<Row[]> {
  const [rows] = yield [compiled(query)];
  return rows as Row[];
}

export function* first<Row>(query: Query<Row>): Work<Row | undefined> {
  const [row] = yield* all(query);
  return row;
}

/** For statements whose rows nobody reads and that do not need one another: they go to PostgreSQL in one round trip. */
export function* run(...queries: readonly Query<unknown>[]): Work<void> {
  if (queries.length > 0) yield queries.map(compiled);
}

/** As `run`, with the rows of each. */
export function* allOf<Row>(queries: readonly Query<Row>[]): Work<Row[][]> {
  return (queries.length > 0 ? yield queries.map(compiled) : []) as Row[][];
}

const compiled = (query: Query<unknown>): CompiledQuery => ('compile' in query ? query.compile() : query);

/** Placeholders for the values of a prepared statement while it is built. */
export type Given<Values> = { readonly [Name in keyof Values]: Expression<Values[Name]> };
/** The same, undefined for those that are left out. */
export type Filters<Values> = {
  readonly [Name in keyof Values]: Expression<Exclude<Values[Name], undefined>>;
};

class Place {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

const placeOf = (name: string): Expression<never> => sql.val(new Place(name)) as Expression<never>;
const given = new Proxy({}, { get: (_, name) => placeOf(String(name)) });

const bound = <Row>(statement: CompiledQuery<Row>, values: object): CompiledQuery<Row> => ({
  ...statement,
  parameters: statement.parameters.map((parameter) =>
    parameter instanceof Place ? values[parameter.name as keyof typeof values] : parameter,
  ),
});

/**
 * A statement that is built and compiled once, when it is run first: that takes longer than SQLite takes to run it. Its text is
 * the same for all values.
 */
export function prepared<Values extends object, Row>(
  build: (given: Given<Values>) => Query<Row>,
): (values: Values) => CompiledQuery<Row> {
  let statement: CompiledQuery<Row> | undefined;
  return (values) => {
    statement ??= compiled(build(given as Given<Values>)) as CompiledQuery<Row>;
    return bound(statement, values);
  };
}

/** The same for a list of which some filters may be left out: a statement for each set of those that are given. */
export function preparedList<Values extends object, Row>(
  build: (filters: Filters<Values>) => Query<Row>,
): (values: Values) => CompiledQuery<Row> {
  const statements = new Map<string, CompiledQuery<Row>>();
  return (values) => {
    const names = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : name));
    const key = names.join();
    let statement = statements.get(key);
    if (statement === undefined) {
      const filters = Object.fromEntries(names.map((name) => [name, placeOf(name)]));
      statement = compiled(build(filters as unknown as Filters<Values>)) as CompiledQuery<Row>;
      statements.set(key, statement);
    }
    return bound(statement, values);
  };
}

/** Ids with a number each, as JSON: `[["a", 1], ["b", 2]]`. */
export type Pairs = string & { readonly pairs: never };
export const pairsOf = (pairs: readonly (readonly [string, number])[]): Pairs =>
  JSON.stringify(pairs) as Pairs;

export interface WriteOptions {
  /** The least that it needs. @default 'durable' */
  readonly urgency?: Urgency;
  /** Its statements change requests or conversations, which a driver may keep in memory. @default false */
  readonly changesRequests?: boolean;
}

/** The parts of statements that differ between the two databases. */
export interface Dialect {
  /** Only compiles. */
  readonly db: Kysely<Tables>;
  /** The time by the clock that all processes of this store share. @param plusMs so many milliseconds later. @default 0 */
  now(plusMs?: Expression<number>): Expression<Time>;
  /** @param ms since 1970 */
  at(ms: Expression<number>): Expression<Time>;
  /** Whether the column has one of the ids: one parameter, however many they are. */
  isAmong(column: string, ids: Expression<readonly string[]>): Expression<SqlBool>;
  /** As `isAmong`, of numbers. */
  isAmongNumbers(column: string, numbers: Expression<readonly number[]>): Expression<SqlBool>;
  /** A table `pair (pair_id, pair_number)` of `Pairs`. */
  pairs(pairs: Expression<Pairs>): Expression<unknown>;
  /** Ends a select in a transaction: its rows are locked until that ends, where others write at the same time. */
  readonly forUpdate: Expression<unknown>;
  /** As `forUpdate`, but passes over rows that others have locked instead of waiting for them. */
  readonly skipLocked: Expression<unknown>;
}

/** Access to the database for the records. */
export interface Database extends Dialect {
  /** Each statement sees the commits before it. @throws ParleyError `store_unavailable` */
  read<T>(work: () => Work<T>): Promise<T>;
  /**
   * One transaction. It may be begun again: `work` has no effects of its own, and throws a ParleyError only before its first
   * change, since SQLite goes on with the group that it is in.
   * @throws ParleyError `store_unavailable`; the error of `work`, and then nothing was changed
   */
  write<T>(work: () => Work<T>, options?: WriteOptions): Promise<T>;
  /** A write of one statement, which leaves no lock to wait for this process's next one. @throws as `write` */
  change<Row>(statement: CompiledQuery<Row>, options?: WriteOptions): Promise<Row[]>;
  /**
   * Writes of which each waits for the one before it: those that wait may share a transaction.
   * @param work gives an output for each input, in their order
   */
  serially<Input, Output>(
    work: (inputs: readonly Input[]) => Work<Output[]>,
  ): (input: Input) => Promise<Output>;

  /** An owner's conversations that have the words in their title or a message, without case, the newest first. */
  search(ownerId: string, words: string, limit: number): Promise<StoredConversationRow[]>;
  /** As `RetentionStore.size`. */
  size(): Promise<number>;
  /** This process's own clock, in milliseconds since 1970. */
  clock(): number;
}
