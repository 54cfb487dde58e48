import { ParleyError } from '@parley/shared-models';
import {
  absDependencies,
  addDependencies,
  ceilDependencies,
  create,
  divideDependencies,
  expDependencies,
  type FactoryFunctionMap,
  floorDependencies,
  log2Dependencies,
  log10Dependencies,
  logDependencies,
  type MathJsInstance,
  type MathNode,
  maxDependencies,
  meanDependencies,
  medianDependencies,
  minDependencies,
  modDependencies,
  multiplyDependencies,
  parseDependencies,
  powDependencies,
  roundDependencies,
  sqrtDependencies,
  stdDependencies,
  subtractDependencies,
  sumDependencies,
  unaryMinusDependencies,
  unaryPlusDependencies,
  varianceDependencies,
} from 'mathjs/number';

/** Functions that an expression may call; nothing else of the library is there. */
const functions = {
  absDependencies,
  ceilDependencies,
  expDependencies,
  floorDependencies,
  logDependencies,
  log10Dependencies,
  log2Dependencies,
  maxDependencies,
  meanDependencies,
  medianDependencies,
  minDependencies,
  roundDependencies,
  sqrtDependencies,
  stdDependencies,
  sumDependencies,
  varianceDependencies,
};
const operators = {
  addDependencies,
  divideDependencies,
  modDependencies,
  multiplyDependencies,
  powDependencies,
  subtractDependencies,
  unaryMinusDependencies,
  unaryPlusDependencies,
};
const factories = { parseDependencies, ...operators, ...functions } as FactoryFunctionMap;
const math = create(factories, {}) as MathJsInstance;

const OPERATORS = new Set(['add', 'subtract', 'multiply', 'divide', 'mod', 'pow', 'unaryMinus', 'unaryPlus']);
const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };
const NODES = new Set(['ConstantNode', 'FunctionNode', 'OperatorNode', 'ParenthesisNode', 'SymbolNode']);

/** Longer ones nobody writes; parentheses inside each other cost the parser a stack frame each. */
const MAX_LENGTH = 1000;

/**
 * The value of an expression: `15% * 2300`, `(187.5 / 172.25 - 1) * 100`, `std(1.2, 0.8, 1.1)`. Numbers are doubles; the
 * value is rounded to 14 significant digits. No assignments, no strings, no access to anything but `variables`.
 * @throws ParleyError `invalid_request` when it is no such expression or has no finite value
 */
export function calculate(expression: string, variables: Readonly<Record<string, number>> = {}): number {
  if (expression.length > MAX_LENGTH) throw wrong(`An expression has at most ${MAX_LENGTH} characters.`);
  const scope = new Map(Object.entries({ ...CONSTANTS, ...variables }));
  let value: unknown;
  try {
    const tree = math.parse(expression);
    tree.traverse((node) => {
      const problem = problemOf(node, scope);
      if (problem !== undefined) throw wrong(problem);
    });
    value = tree.compile().evaluate(scope);
  } catch (error) {
    if (error instanceof ParleyError) throw error;
    throw wrong(`“${expression}” cannot be calculated: ${(error as Error).message}`, error);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw wrong(`“${expression}” has no finite value.`);
  }
  return Number(value.toPrecision(14));
}

function problemOf(node: AnyNode, scope: ReadonlyMap<string, number>): string | undefined {
  if (!NODES.has(node.type)) return 'Only numbers, names, functions and + - * / % ^ ( ) can be calculated.';
  if ('value' in node && typeof node.value !== 'number') return 'Only numbers can be calculated.';
  if (node.type === 'OperatorNode' && !OPERATORS.has(String(node.fn)))
    return `There is no operator ${node.op}.`;
  if (node.type !== 'SymbolNode') return undefined;
  const name = String(node.name);
  return scope.has(name) || Object.hasOwn(functions, `${name}Dependencies`)
    ? undefined
    : `“${name}” is not known.`;
}

/** Fields of some kinds of nodes; the library's type has only the common ones. */
interface AnyNode extends Pick<MathNode, 'type'> {
  readonly value?: unknown;
  readonly fn?: unknown;
  readonly op?: unknown;
  readonly name?: unknown;
}

const wrong = (message: string, cause?: unknown): ParleyError =>
  new ParleyError('invalid_request', message, { cause });
