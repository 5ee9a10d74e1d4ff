// The description of the API after OpenAPI 3.1, made from the table of routes and the schemas of their answers, so that it
// cannot say anything else than what is answered.
import { z } from 'zod';
import { problem } from './contract.ts';

/** What is described of a path. */
export interface Described {
  /** `{name}` is one part of the path, `{name+}` all that is left of it. */
  readonly path: string;
  readonly summary: string;
  readonly query: z.ZodObject;
  /** Undefined for a stream of events. */
  readonly answer: z.ZodType | undefined;
}

export function openApi(version: string, described: readonly Described[]): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Alpha Panda',
      version,
      description: 'Reads a running platform; docs/guides/api.md says how. Decimals are text.',
    },
    paths: Object.fromEntries(described.map((each) => [openApiPath(each.path), { get: operationOf(each) }])),
    components: { schemas: { Problem: schemaOf(problem) } },
  };
}

/** A path as OpenAPI writes it. */
function openApiPath(path: string): string {
  return path.replaceAll('+}', '}');
}

function operationOf({ path, summary, query, answer }: Described): object {
  const inPath = [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
  const type = answer === undefined ? 'text/event-stream' : 'application/json';
  const schema = answer === undefined ? { type: 'string' } : schemaOf(answer);
  const refusal = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return {
    summary,
    parameters: [...inPath, ...inQuery(query)],
    responses: {
      200: { description: summary, content: { [type]: { schema } } },
      default: { description: 'A problem that says what was expected.', content: refusal },
    },
  };
}

function inQuery(query: z.ZodObject): readonly object[] {
  return Object.entries(query.shape).map(([name, parameter]) => {
    const schema = schemaOf(parameter as z.ZodType);
    const required = !(parameter as z.ZodType).safeParse(undefined).success;
    return { name, in: 'query', required, description: schema['description'] ?? name, schema };
  });
}

function schemaOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12' });
  return rest;
}
