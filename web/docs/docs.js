// docs.js: shows /openapi.json as a page to read: operations by tag, parameters, bodies, answers. It never sends a request
// of the API and never renders HTML from the document.

const base = new URL("..", import.meta.url);

function el(name, text, ...children) {
  const node = document.createElement(name);
  if (text) node.textContent = text;
  node.append(...children.filter(Boolean));
  return node;
}

const schemaName = (schema) => schema?.$ref?.split("/").pop();

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schemaName(schema);
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  return [schema.type].flat().filter((type) => type && type !== "null").join(" or ") || "any";
}

function table(heads, rows) {
  const head = el("tr", "", ...heads.map((text) => el("th", text)));
  const body = rows.map((cells) => el("tr", "", ...cells.map((text) => el("td", text))));
  return el("table", "", el("thead", "", head), el("tbody", "", ...body));
}

function fields(schema, schemas) {
  const shape = schemas[schemaName(schema)] ?? schema;
  const rows = Object.entries(shape?.properties ?? {}).map(([name, field]) => [
    name, typeOf(field), shape.required?.includes(name) ? "required" : "", field.description ?? "",
  ]);
  return rows.length ? table(["field", "type", "", "meaning"], rows) : null;
}

function operation(method, path, op, schemas) {
  const card = el("details", "", el("summary", `${method.toUpperCase()} ${path} — ${op.summary ?? ""}`));
  if (op.description) card.append(el("p", op.description));
  if (op.security?.length) card.append(el("p", "Needs a token: Authorization: Bearer TOKEN."));
  const params = (op.parameters ?? []).map((p) => [p.name, p.in, typeOf(p.schema), p.description ?? ""]);
  if (params.length) card.append(el("h4", "Parameters"), table(["name", "in", "type", "meaning"], params));
  const body = op.requestBody?.content?.["application/json"]?.schema;
  if (body) card.append(el("h4", "Body"), fields(body, schemas) ?? el("p", typeOf(body)));
  card.append(el("h4", "Answers"));
  for (const [status, answer] of Object.entries(op.responses ?? {})) {
    const schema = answer.content?.["application/json"]?.schema;
    card.append(el("p", `${status} ${answer.description ?? ""} ${typeOf(schema)}`));
    const shape = schema && fields(schema, schemas);
    if (shape) card.append(shape);
  }
  return card;
}

const response = await fetch(new URL("openapi.json", base));
const api = await response.json();
const schemas = api.components?.schemas ?? {};
const byTag = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, op] of Object.entries(methods)) {
    const tag = op.tags?.[0] ?? "other";
    if (!byTag.has(tag)) byTag.set(tag, []);
    byTag.get(tag).push(operation(method, path, op, schemas));
  }
}
const main = document.getElementById("api");
main.replaceChildren(el("h1", `${api.info.title} ${api.info.version}`), el("p", api.info.description));
for (const [tag, cards] of byTag) main.append(el("section", "", el("h2", tag), ...cards));
main.removeAttribute("aria-busy");
