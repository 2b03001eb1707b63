Console.WriteLine("osl");
