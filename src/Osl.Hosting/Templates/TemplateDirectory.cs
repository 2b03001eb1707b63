using System.Text;
using Osl.Interop.Files;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Osl.Supervision;

namespace Osl.Hosting.Templates;

/// <summary>
/// A directory of templates, one a file, NAME.yaml. What it says is started, so nobody but the system's administrators and this account may
/// be able to change any of it: the path, the directory, each file (knowledge/trusted-paths.md).
/// </summary>
public sealed class TemplateDirectory : ITemplateStore
{
    private const string Extension = ".yaml";
    private const int MostTemplates = 4096;
    private const int MostRemedies = 3;
    private const string Rename = "Give the file another name, or take it away.";

    /// <summary>The templates of a directory.</summary>
    /// <param name="path">Its path. It is looked at with each use.</param>
    public TemplateDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = System.IO.Path.GetFullPath(path);
    }

    /// <summary>Its path, absolute.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <remarks>A name that is none is refused; no name leads out of the directory.</remarks>
    public OneOf<ProcessTemplate, OperationError> Load(string name)
    {
        if (ProcessTemplate.WhyNoName(name) is { } flaw)
        {
            return new ValidationFailed([$"'{DisplayText.Escape(name)}' names no template: {flaw}."]);
        }

        if (Untrusted() is { } untrusted)
        {
            return untrusted;
        }

        var file = FileOf(name);
        return !OslDirectories.IsOccupied(file)
                ? new NotFound($"template '{name}' in {DisplayText.Escape(Path)}", "See which there are.") { Thing = MissingThing.Path }
            : Read(file).TryPickT0(out var template, out var refusal) ? template
            : Refused(refusal.Problems);
    }

    /// <inheritdoc/>
    /// <remarks>Files that do not end in <c>.yaml</c> are none, but for <c>.yml</c>, which is refused: somebody meant it.</remarks>
    public OneOf<IReadOnlyList<ProcessTemplate>, OperationError> LoadAll()
    {
        if (Untrusted() is { } untrusted)
        {
            return untrusted;
        }

        string[] files;
        try
        {
            files = [.. Directory.EnumerateFileSystemEntries(Path).Take(MostTemplates + 1).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return NotReadable(e);
        }

        if (files.Length > MostTemplates)
        {
            return new ValidationFailed(
                [$"{DisplayText.Escape(Path)} holds more than {MostTemplates} files."],
                "Take some away, or part them."
            );
        }

        List<ProcessTemplate> templates = [];
        List<PolicyProblem> problems = [];
        foreach (var file in files)
        {
            var extension = System.IO.Path.GetExtension(file);
            if (extension is ".yml")
            {
                problems.Add(Problem(file, "a template's file ends in .yaml", "the same file with that name, or none", Rename));
            }
            else if (extension is Extension)
            {
                Read(file).Switch(templates.Add, refusal => problems.AddRange(refusal.Problems));
            }
        }

        return problems.Count > 0 ? Refused(problems.ToValueList()) : templates;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// With mode 0600, all of it or nothing. What a template can't say without loss, a secret argument for one, is refused.
    /// </remarks>
    public OperationError? Save(ProcessTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        if (ProcessTemplate.WhyNoName(template.Name) is { } flaw)
        {
            return new ValidationFailed([$"'{DisplayText.Escape(template.Name)}' names no template: {flaw}."]);
        }

        var text = TemplateWriter.Write(template);
        // The reader decides what can be written: so there is no second list of it.
        if (!TemplateReader.Read(text, "", template.Name).TryPickT0(out var read, out _) || read != template)
        {
            return new ValidationFailed([
                $"The definition of '{template.Name}' can't be written as a template without loss; a template says only what knowledge/template-format.md lists, and no secrets.",
            ]);
        }

        return Untrusted() ?? Write(template.Name, text);
    }

    private OperationFailed? Write(string name, string text)
    {
        // No template, so a manager that starts meanwhile passes it over.
        var temporary = System.IO.Path.Combine(Path, $".{name}.{Guid.NewGuid():N}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new FileStream(temporary, options))
            {
                file.Write(Encoding.UTF8.GetBytes(text));
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, FileOf(name), overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            return new OperationFailed(
                "template_not_written",
                $"The template could not be written to {DisplayText.Escape(Path)} ({FileFailure.Describe(e)}).",
                "Make room, or make the directory writable for this account."
            );
        }
    }

    private static OneOf<ProcessTemplate, PolicyRefusal> Read(string file)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(file);
        if (ProcessTemplate.WhyNoName(name) is { } flaw)
        {
            return new PolicyRefusal([
                Problem(file, $"the file's name is none of a template: {flaw}", "a name such as web-1.yaml", Rename),
            ]);
        }

        if (TrustedPath.Examine(file) is { IsTrusted: false } trust)
        {
            return new PolicyRefusal([
                Problem(file, trust.Describe(), "a file that only root and this account can change", trust.Remedy()),
            ]);
        }

        if (!PolicyFile.Text(file).TryPickT0(out var content, out var unread))
        {
            return unread;
        }

        var template = TemplateReader.Read(content.Text, file, name);
        return content.MayBeTold || template.IsT0
            ? template
            : new PolicyRefusal([
                Problem(
                    file,
                    "the file is no template that loads; what stands in it is not told, since osl is root and whoever has called it may not be allowed to read it",
                    "a file that belongs to the caller, or that everybody may read",
                    "Have somebody look at the file who may read it."
                ),
            ]);
    }

    private OperationError? Untrusted() =>
        TrustedPath.Examine(Path) is not { IsTrusted: false } trust ? null
        : trust.IsMissing
            ? new NotFound($"the directory of templates {DisplayText.Escape(Path)}", "Make it, with mode 0700.")
            {
                Thing = MissingThing.Path,
            }
        : new ValidationFailed(
            [
                $"Templates of {DisplayText.Escape(Path)} are not used: {trust.Describe()}; expected a directory that only root and this account can change.",
            ],
            trust.Remedy()
        );

    private OperationFailed NotReadable(Exception e) =>
        new(
            "templates_not_readable",
            $"The directory of templates {DisplayText.Escape(Path)} can't be read ({FileFailure.Describe(e)}).",
            "Name a directory that this account can read."
        );

    private static ValidationFailed Refused(ValueList<PolicyProblem> problems) =>
        new(
            problems.Select(problem => problem.ToString()).ToValueList(),
            string.Join(" ", problems.Select(problem => problem.Remedy).Distinct(StringComparer.Ordinal).Take(MostRemedies))
        );

    private static PolicyProblem Problem(string file, string message, string expected, string remedy) =>
        new(message, expected)
        {
            Remedy = remedy,
            File = file,
            Line = 1,
            Column = 1,
        };

    private string FileOf(string name) => System.IO.Path.Combine(Path, name + Extension);
}
