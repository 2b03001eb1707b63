using Osl.Tests.ContractTable;

// contracttable SOURCES README PAGE [--write] NAME=CLASS=REPORT...: makes the table of what holds where from the reports of the
// contract's runs, and compares it with what README and PAGE say; with --write it puts it there. A report is a file in xunit's own
// format, or a directory of such files. Ends with 0 when all is as it stands there, 1 when not, 2 when it can't be told.
// See adr/0018-one-suite.md.
if (args.Length < 4)
{
    Console.Error.WriteLine("contracttable SOURCES README PAGE [--write] NAME=CLASS=REPORT...");
    return 2;
}

var write = args.Contains("--write", StringComparer.Ordinal);
try
{
    var areas = Sources.Read(args[0]);
    var runs = args[3..].Where(argument => !string.Equals(argument, "--write", StringComparison.Ordinal)).Select(Run.Parse).ToList();
    var table = new Table(areas, runs);
    var same = true;
    foreach (var (file, text) in new[] { (args[1], table.Summary()), (args[2], table.Page()) })
    {
        var before = File.ReadAllText(file);
        var after = Marked.Replace(file, before, text);
        if (string.Equals(before, after, StringComparison.Ordinal))
        {
            continue;
        }

        if (write)
        {
            File.WriteAllText(file, after);
            Console.WriteLine($"{file}: written");
            continue;
        }

        same = false;
        Console.Error.WriteLine($"{file} does not say what the runs show; it should:\n{text}");
    }

    return same ? 0 : 1;
}
catch (Exception e) when (e is InvalidDataException or IOException or System.Xml.XmlException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
