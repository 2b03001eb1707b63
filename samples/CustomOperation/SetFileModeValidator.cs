using FluentValidation;

namespace Osl.Samples.CustomOperation;

/// <summary>About the shape only: whether the file exists is for prepare to find out.</summary>
internal sealed class SetFileModeValidator : AbstractValidator<SetFileModeOperation>
{
    private const int AllBits = 0xFFF;

    internal SetFileModeValidator()
    {
        RuleFor(operation => operation.Path)
            .Must(path => Path.IsPathFullyQualified(path) && !path.Contains('\0', StringComparison.Ordinal))
            .WithMessage("The path is absolute and holds no NUL.");
        RuleFor(operation => operation.Mode).InclusiveBetween(0, AllBits).WithMessage("The mode is 0 to 07777 octal.");
    }
}
