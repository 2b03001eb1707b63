using Osl.Operations;

namespace Osl.Supervision;

/// <summary>Where templates are kept.</summary>
public interface ITemplateStore
{
    /// <summary>Reads one.</summary>
    /// <param name="name">Its name.</param>
    OneOf<ProcessTemplate, OperationError> Load(string name);

    /// <summary>Reads all, or none: one that does not load refuses them as a whole.</summary>
    OneOf<IReadOnlyList<ProcessTemplate>, OperationError> LoadAll();

    /// <summary>Writes one, over one that is there with the same name.</summary>
    /// <param name="template">The template.</param>
    /// <returns>Null; else why it could not be written.</returns>
    OperationError? Save(ProcessTemplate template);
}
