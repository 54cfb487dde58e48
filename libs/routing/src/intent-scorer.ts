import type { AgentStatus } from '@parley/shared-models';
import MiniSearch from 'minisearch';
import { analyseText, keywordTerm, keywordTerms, phrasesOf } from './analyse-text.ts';

/** How well a text fits an agent's description of itself. */
export interface IntentScore extends ProfileScore {
  readonly agent: AgentStatus;
}

/** @returns one for each agent, best first, equal ones by agent id */
export type IntentScorer = (text: string, agents: readonly AgentStatus[]) => readonly IntentScore[];

/**
 * Keeps its classifier for as long as the agents say the same about themselves: only a changed, new or removed profile
 * makes it anew, not that an agent goes offline or says its load.
 */
export function createIntentScorer(
  build: (profiles: readonly IntentProfile[]) => Classifier = createClassifier,
): IntentScorer {
  let known = new Map<string, { agent: AgentStatus; profile: number }>();
  let classifier: Classifier | undefined;

  function learn(agents: readonly AgentStatus[]): Classifier {
    if (classifier !== undefined && agents.length === known.size) {
      if (agents.every((agent) => isKnown(known.get(agent.agentId), agent))) return classifier;
    }
    const profiles: AgentStatus[] = [];
    known = new Map();
    for (const agent of agents) {
      let profile = profiles.findIndex((other) => isSameProfile(other, agent));
      if (profile === -1) profile = profiles.push(agent) - 1;
      known.set(agent.agentId, { agent, profile });
    }
    classifier = build(profiles);
    return classifier;
  }

  return (text, agents) => {
    const scores = learn(agents).classify(text);
    return agents
      .map((agent) => ({ ...(scores[known.get(agent.agentId)?.profile ?? -1] ?? NO_SCORE), agent }))
      .sort((a, b) => b.confidence - a.confidence || (a.agent.agentId < b.agent.agentId ? -1 : 1));
  };
}

const NO_SCORE: ProfileScore = { confidence: 0, keywords: [], words: [] };

/** Two with the same description of their purpose: instances of one agent, or one agent under several names. */
export function isSameProfile(a: IntentProfile, b: IntentProfile): boolean {
  return (
    a.description === b.description &&
    isSameList(a.keywords, b.keywords) &&
    isSameList(a.examples, b.examples)
  );
}

function isKnown(entry: { agent: AgentStatus } | undefined, agent: AgentStatus): boolean {
  if (entry === undefined) return false;
  if (entry.agent === agent) return true;
  if (!isSameProfile(entry.agent, agent)) return false;
  // The next look at the same object ends at once.
  entry.agent = agent;
  return true;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, index) => text === b[index]));
}

/** An agent's description of its purpose. */
export interface IntentProfile {
  readonly description: string;
  readonly keywords: readonly string[];
  readonly examples: readonly string[];
}

/** How well a text fits one profile. */
interface ProfileScore {
  /** From 0 to less than 1: the evidence for the profile as a share of all evidence in the text. */
  readonly confidence: number;
  /** The keywords that stand in the text, as the profile writes them. */
  readonly keywords: readonly string[];
  /** Other words of the text that stand in the profile's examples or description. */
  readonly words: readonly string[];
}

interface Classifier {
  /** One score for each profile, in their order. */
  classify(text: string): readonly ProfileScore[];
}

/** Set with the sentences of eval/routing/tuning.tsv; `npm run eval:routing` measures them. */
const WEIGHTS = {
  /** Weight of a word in each part of a profile. */
  keywords: 2.5,
  examples: 1,
  description: 1,
  /** BM25+: how soon repetition stops to count; how much a long profile is held against it; the least weight of a match. */
  bm25: { k: 1.2, b: 0.2, d: 0.5 },
  /** The evidence for the best other profile, against this one. */
  rival: 0.6,
  /** A word that stands in no profile. */
  unknown: 0.45,
  /** Doubt that is always left. */
  doubt: 0.5,
};

const FIELDS = ['keywords', 'examples', 'description'] as const;
type Field = (typeof FIELDS)[number];
type Document = Readonly<Record<'id', number> & Record<Field, readonly string[]>>;

/**
 * Finds a text's subject by the weight of its words: BM25+ with one document for each profile, so that a word
 * that many profiles have says little, and without the words' endings. The confidence in a profile is its evidence divided
 * by the sum of that evidence, its best rival's evidence, the unknown words, and a constant doubt.
 */
export function createClassifier(
  profiles: readonly IntentProfile[],
  weights: typeof WEIGHTS = WEIGHTS,
): Classifier {
  const keywordsByTerm = profiles.map(({ keywords }) => termsOfKeywords(keywords));
  const documents = profiles.map(({ examples, description }, id) => ({
    id,
    keywords: [...(keywordsByTerm[id]?.keys() ?? [])],
    examples: examples.flatMap(contentOf),
    description: contentOf(description),
  }));
  const keywordTermsOfAll = new Set(documents.flatMap(({ keywords }) => keywords));
  const words = new Set(documents.flatMap(({ examples, description }) => [...examples, ...description]));
  const longest = Math.max(1, ...[...keywordTermsOfAll].map((term) => term.split(' ').length));
  const index = buildIndex(documents, weights);
  /** Score of a word that stands in one profile, once; makes scores comparable for any number of profiles. */
  const unit = (1 + weights.bm25.d) * Math.log(1 + (profiles.length - 0.5) / 1.5);

  return {
    classify(text) {
      const { language, stems, content } = analyseText(text);
      // All words, not only those with content: a stop word can be part of a keyword, or one: `it`, `work out`.
      const phrases = phrasesOf(stems, longest).map((phrase) => keywordTerm(language, phrase));
      const terms = new Set(phrases.filter((phrase) => keywordTermsOfAll.has(phrase)));
      let unknown = 0;
      for (const stem of content.keys()) {
        if (words.has(stem)) terms.add(stem);
        else if (!terms.has(keywordTerm(language, stem))) unknown += 1;
      }
      const scores = profiles.map(() => ({ evidence: 0, keywords: [] as string[], words: [] as string[] }));
      const found = terms.size === 0 ? [] : index.search([...terms].join('\n'));
      for (const { id, score, queryTerms, match } of found) {
        const entry = scores[id as number];
        if (entry === undefined) continue;
        // MiniSearch multiplies by the number of terms that were found, which counts them twice.
        entry.evidence = score / queryTerms.length / unit;
        for (const [term, fields] of Object.entries(match)) {
          const keyword = fields.includes('keywords') ? keywordsByTerm[id]?.get(term) : undefined;
          if (keyword !== undefined) entry.keywords.push(keyword);
          else entry.words.push(content.get(term) ?? term);
        }
      }
      const doubt = weights.unknown * unknown + weights.doubt;
      return scores.map(({ evidence, ...found }, id) => {
        const rival = scores.reduce(
          (most, other, at) => (at === id ? most : Math.max(most, other.evidence)),
          0,
        );
        return { ...found, confidence: round(evidence / (evidence + weights.rival * rival + doubt)) };
      });
    },
  };
}

function buildIndex(documents: readonly Document[], weights: typeof WEIGHTS): MiniSearch<Document> {
  const index = new MiniSearch<Document>({
    fields: [...FIELDS],
    // The texts are terms already: they come and go joined by line feeds.
    stringifyField: (value) => (Array.isArray(value) ? value.join('\n') : String(value)),
    tokenize: (text) => text.split('\n'),
    processTerm: (term) => (term === '' ? null : term),
    searchOptions: {
      boost: { keywords: weights.keywords, examples: weights.examples, description: weights.description },
      bm25: weights.bm25,
    },
  });
  index.addAll(documents);
  return index;
}

/** More digits say nothing, and travel with each message. */
const round = (confidence: number): number => Math.floor(confidence * 1000) / 1000;

const contentOf = (text: string): string[] => [...analyseText(text).content.keys()];

function termsOfKeywords(keywords: readonly string[]): Map<string, string> {
  return new Map(
    keywords.flatMap((keyword) => keywordTerms(keyword).map((term) => [term, keyword] as const)),
  );
}
