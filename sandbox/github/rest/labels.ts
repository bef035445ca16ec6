import { notFound, Refusal } from '../context.ts';
import { sameName } from '../state.ts';
import { bodyOf, type Endpoints, ok, reads, textIn, writes } from './endpoint.ts';
import { label } from './shapes.ts';

type Ids = 'issues/create-label' | 'issues/get-label';

export const labelEndpoints: Endpoints<Ids> = {
  'issues/get-label': reads('issues', (context) => {
    const found = context.state.labels.find((one) => sameName(one.name, context.path['name'] ?? ''));
    if (found === undefined) throw notFound();
    return ok(label(context.place, found.name, found));
  }),
  'issues/create-label': writes('issues', (context) => {
    const body = bodyOf(context);
    const name = textIn(body, 'name', '');
    if (context.state.labels.some((one) => sameName(one.name, name))) {
      throw new Refusal(422, 'Validation Failed', { errors: [{ resource: 'Label', code: 'already_exists', field: 'name' }] });
    }
    const added = { name, color: textIn(body, 'color', 'ededed'), description: textIn(body, 'description', '') };
    context.state.labels.push(added);
    return { status: 201, body: label(context.place, name, added) };
  }),
};
