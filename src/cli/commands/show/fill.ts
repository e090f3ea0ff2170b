import { CliError, type Context } from '../../command.ts';
import { compileTemplate, type Shape, shaped, TemplateError } from '../../template/index.ts';

/** Shows one thing through a template; what was made before it went wrong is shown too, as Docker does. */
export async function showFilled(
  { out }: Pick<Context, 'out'>,
  format: string,
  { data, shape, name = '' }: { data: unknown; shape: Shape; name?: string },
): Promise<void> {
  const typeName = typeof shape === 'object' && 'struct' in shape ? shape.struct : undefined;
  try {
    const template = compileFormat(format, { name, typeName });
    await out.line(template(shaped(data, shape)));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    await out.line(error.written);
    await out.flush();
    throw error;
  }
}

function compileFormat(format: string, options: { name: string; typeName: string | undefined }) {
  try {
    return compileTemplate(format, options);
  } catch (error) {
    throw new CliError(`template parsing error: ${(error as Error).message}`, 64);
  }
}
