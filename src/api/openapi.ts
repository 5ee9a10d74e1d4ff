// The description of the API after OpenAPI 3.1, made from the table of routes and the schemas of their answers, so that it
// cannot say anything else than what is answered.
import { z } from 'zod';
import { problem } from './contract.ts';
import type { Route } from './route.ts';

export function openApi(version: string, routes: readonly Route[]): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Alpha Panda',
      version,
      description: 'Reads and orders a running platform; docs/guides/api.md says how. Decimals are text.',
    },
    paths: Object.fromEntries(
      [...Map.groupBy(routes, ({ path }) => openApiPath(path))].map(([path, all]) => {
        return [path, Object.fromEntries(all.map((each) => [each.method.toLowerCase(), operationOf(each)]))];
      }),
    ),
    components: {
      schemas: { Problem: schemaOf(problem) },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A token or an API key.' } },
    },
  };
}

/** A path as OpenAPI writes it. */
function openApiPath(path: string): string {
  return path.replaceAll('+}', '}');
}

function operationOf({ path, summary, role, stepUp, query, body, answer, type, status }: Route): object {
  const inPath = [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
  const schema = answer === undefined ? { type: 'string' } : schemaOf(answer);
  const refusal = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const given = body && {
    requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } },
  };
  const fresh = stepUp ? ' and a password that was entered just now' : '';
  return {
    summary,
    description: role === 'anyone' ? 'Needs no credential.' : `Needs the role ${role}${fresh}.`,
    security: role === 'anyone' ? [] : [{ bearer: [] }],
    parameters: [...inPath, ...inQuery(query)],
    ...given,
    responses: {
      [status]: { description: summary, content: { [type]: { schema } } },
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

/** @param io whether what is sent is described, where a field with a default may be left out, or what is answered */
function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output'): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return rest;
}
